"""What all verbs of `course` share."""

import os
import subprocess
import sys

import pytest

from course_utils import cli


@pytest.mark.parametrize(("verb", "unbuffered"), [("--help", ""), ("progress", ""), ("progress", "1")])
def test_it_ends_without_a_word_where_nobody_reads_on(verb, unbuffered):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "course_utils.cli", verb]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, env=environment)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_pipe_of_the_command_s_own_that_breaks_is_not_hidden(monkeypatch):
    def doctor(args):
        raise BrokenPipeError("of a worker")

    monkeypatch.setattr(cli, "doctor", doctor)
    with pytest.raises(BrokenPipeError, match="of a worker"):
        cli.main(["doctor"])
