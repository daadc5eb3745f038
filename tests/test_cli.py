"""What all verbs of `course` share."""

import errno
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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left"), "somewhere: No space left: free some space, then run the same again"),
        (OSError(errno.EROFS, "Read-only", "/a/b"), "/a/b: Read-only: give this account the right to it"),
    ],
)
def test_what_is_wrong_with_the_disk_is_one_line(monkeypatch, capsys, error, said):
    def doctor(args):
        raise error

    monkeypatch.setattr(cli, "doctor", doctor)
    assert cli.main(["doctor"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"course doctor: {said}") and told.count("\n") == 1


def test_a_name_that_a_terminal_cannot_show_is_spelt():
    code = "import sys; from course_utils import cli; cli.doctor = lambda args: print('M\\udcfcller \\u0141') or 0; sys.exit(cli.main(['doctor']))"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (0, "M\\udcfcller \\u0141\n"), done.stderr


def test_a_pipe_of_the_command_s_own_that_breaks_is_not_hidden(monkeypatch):
    def doctor(args):
        raise BrokenPipeError("of a worker")

    monkeypatch.setattr(cli, "doctor", doctor)
    with pytest.raises(BrokenPipeError, match="of a worker"):
        cli.main(["doctor"])
