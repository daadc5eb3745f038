"""What the kernel takes away is away."""

import os
import socket

import pytest

from course_tools.grading.jail import calls, kernel


@pytest.mark.skipif(not kernel.landlock_version(), reason="this kernel has no Landlock (Linux 5.13 or later has)")
def test_landlock_leaves_what_is_listed(tmp_path):
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen" / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    if (pid := os.fork()) == 0:
        try:
            kernel.no_new_privileges()
            kernel.landlock([str(tmp_path / "seen"), "/nowhere"], [])
            assert (tmp_path / "seen" / "a").read_text() == "a"
            for refused in (lambda: (tmp_path / "b").read_text(), lambda: (tmp_path / "seen" / "a").write_text("x")):
                try:
                    refused()
                    os._exit(1)
                except PermissionError:
                    pass
            os._exit(0)
        except BaseException:
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.skipif(not calls.known(), reason="this machine's calls have no numbers here")
@pytest.mark.parametrize("sockets", [False, True])
def test_calls_are_refused_and_the_others_are_not(sockets):
    if (pid := os.fork()) == 0:
        try:
            kernel.no_new_privileges()
            calls.refuse(sockets)
            refused = [lambda: os.memfd_create("x"), socket.socket] if sockets else [lambda: os.memfd_create("x")]
            for call in refused:
                try:
                    call()
                    os._exit(1)
                except PermissionError:
                    pass
            if not sockets:
                socket.socket().close()
            [end.close() for end in socket.socketpair()]
            os._exit(os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)[1])
        except BaseException:
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0
