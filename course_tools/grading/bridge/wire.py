"""Frames between two processes that need not trust each other: JSON, raw buffers beside it, and nothing that executes when it is read.

A frame is `length of the JSON, number of buffers, length of each, JSON, buffers`. Every size is checked before a byte is read for it.
"""

import json
import socket
import struct
import time
from typing import Any

HEAD = struct.Struct("<II")
JSON_LIMIT = 2**25
FRAME_LIMIT = 2**28
BUFFERS_LIMIT = 2**14

Message = dict[str, Any]


class Lost(Exception):
    """The other process cannot be talked to any more. kind: "crashed" (it is gone), "timeout" or "protocol" (it sent nonsense)."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Channel:
    """One end of a socket pair. Frames larger than `limit` bytes are neither sent nor read."""

    def __init__(self, sock: socket.socket, limit: int = FRAME_LIMIT) -> None:
        self.socket, self.limit = sock, limit

    def send(self, message: Message, buffers: list[bytes] | None = None) -> None:
        """Raises ValueError for a frame that is too large, Lost if nobody reads."""
        buffers = buffers or []
        body = json.dumps(message, separators=(",", ":")).encode()
        sizes = [len(buffer) for buffer in buffers]
        if len(body) > JSON_LIMIT or len(sizes) > BUFFERS_LIMIT or sum(sizes) > self.limit:
            raise ValueError(f"a message of {(len(body) + sum(sizes)) / 2**20:.0f} MiB is too large")
        try:
            self.socket.settimeout(None)
            self.socket.sendall(
                b"".join([HEAD.pack(len(body), len(sizes)), struct.pack(f"<{len(sizes)}Q", *sizes), body])
            )
            for buffer in buffers:
                self.socket.sendall(buffer)
        except OSError:
            raise Lost("crashed", "the process is gone") from None

    def receive(self, seconds: float | None = None) -> tuple[Message, list[bytes]]:
        """The next frame, complete within `seconds`. Raises Lost."""
        deadline = None if seconds is None else time.monotonic() + seconds
        length, count = HEAD.unpack(self._read(HEAD.size, deadline))
        if length > JSON_LIMIT or count > BUFFERS_LIMIT:
            raise Lost("protocol", f"announced {length} bytes of JSON and {count} buffers")
        sizes = struct.unpack(f"<{count}Q", self._read(8 * count, deadline))
        if sum(sizes) > self.limit:
            raise Lost("protocol", f"announced {sum(sizes)} bytes")
        body = self._read(length, deadline)
        buffers = [self._read(size, deadline) for size in sizes]
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Lost("protocol", f"sent no JSON ({type(error).__name__})") from None
        if not isinstance(message, dict):
            raise Lost("protocol", "sent something that is no message")
        return message, buffers

    def close(self) -> None:
        self.socket.close()

    def _read(self, size: int, deadline: float | None) -> bytes:
        parts = []
        while size:
            if deadline is not None and (left := deadline - time.monotonic()) <= 0:
                raise Lost("timeout", "no answer in time")
            try:
                self.socket.settimeout(None if deadline is None else left)
                part = self.socket.recv(min(size, 2**20))
            except TimeoutError:
                raise Lost("timeout", "no answer in time") from None
            except OSError:
                part = b""
            if not part:
                raise Lost("crashed", "the process is gone")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
