"""Frames: what is none is refused, and none is larger than agreed."""

import socket

import pytest

from course_tools.grading.bridge.wire import HEAD, Channel, Lost


@pytest.mark.parametrize(
    "data",
    [HEAD.pack(2**31, 0), HEAD.pack(2, 2**30), HEAD.pack(2, 1) + (2**60).to_bytes(8, "little"), HEAD.pack(2, 0) + b"[]", HEAD.pack(1, 0) + b"{", HEAD.pack(4, 0) + b"\xff" * 4, HEAD.pack(60_000, 0) + b"[" * 60_000],
)  # fmt: skip
def test_frames_that_are_none_are_refused(data):
    a, b = socket.socketpair()
    with a, b:
        a.sendall(data)
        with pytest.raises(Lost) as caught:
            Channel(b).receive(1.0)
        assert caught.value.kind == "protocol"


def test_half_a_frame_is_a_timeout_and_a_closed_end_a_crash():
    a, b = socket.socketpair()
    with b:
        a.sendall(HEAD.pack(10, 0) + b"{")
        with pytest.raises(Lost) as caught:
            Channel(b).receive(0.05)
        assert caught.value.kind == "timeout"
        a.close()
        with pytest.raises(Lost) as caught:
            Channel(b).receive(1.0)
        assert caught.value.kind == "crashed"


def test_frames_beyond_the_limit_are_not_sent():
    a, b = socket.socketpair()
    with a, b, pytest.raises(ValueError, match="too large"):
        Channel(a, limit=10).send({}, [bytes(11)])
