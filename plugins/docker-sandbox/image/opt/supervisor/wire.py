"""Frames between the host and process 1: u32 length (big endian), u8 kind, payload.

Control payloads are JSON; program output is raw bytes. The `json` package costs 8 ms of a container's start, so its
parts in C are used directly where Python has them.
"""

import os
import struct

HELLO, EXEC, INTERRUPT, STOP, INPUT, PUT, DATA, GET, LIST, PING, STATS = range(1, 12)
READY, STARTED, REFUSED, STDOUT, STDERR, RESULT, INPUT_REQUEST, ERROR, FILE, END = range(65, 75)
REPLY, PIECE, PONG, PRELOADED = range(75, 79)
HOST_DATA, HOST_END, HOST_CREDIT, HOST_RESET, STDIN = range(12, 17)
TUNNELS_READY, TUNNEL_OPEN, TUNNEL_DATA, TUNNEL_END, TUNNEL_CREDIT, TUNNEL_RESET, STDIN_TAKEN = range(79, 86)

HEADER = struct.Struct(">IB")
#: A host that sends a longer frame is not our host.
LONGEST = 256 * 1024 * 1024
CHUNK = 256 * 1024
#: Above this many unsent bytes the programs' pipes are left alone.
HIGH = 512 * 1024
#: What is read at once where little is to be expected: room for more is asked of the system each time.
LITTLE = 64 * 1024

try:
    from _json import encode_basestring_ascii, make_encoder, make_scanner

    class _Context:
        strict = False
        object_hook = None
        object_pairs_hook = None
        parse_float = float
        parse_int = int
        parse_constant = float
        memo = {}

    _scan = make_scanner(_Context())
    _pieces = make_encoder(None, None, encode_basestring_ascii, None, ":", ",", False, False, False)

    def decode(payload):
        return _scan(payload.decode("utf-8", "surrogatepass"), 0)[0]

    def encode(value):
        return "".join(_pieces(value, 0))

except ImportError:
    from json import dumps as encode
    from json import loads as decode


class Inbox:
    """Cuts a byte stream into frames."""

    def __init__(self):
        self.buffer = bytearray()

    def feed(self, data):
        """Yields `(kind, payload)` for every complete frame."""
        buffer = self.buffer
        buffer += data
        at = 0
        try:
            while len(buffer) - at >= 5:
                length, kind = HEADER.unpack_from(buffer, at)
                if length > LONGEST:
                    raise ValueError("frame of %d bytes" % length)
                if len(buffer) - at - 5 < length:
                    break
                payload = bytes(buffer[at + 5 : at + 5 + length])
                at += 5 + length
                yield kind, payload
        finally:
            del buffer[:at]


class Outlet:
    """Bytes on their way out. Bounded by its users: whoever produces looks at `size` first. Writing never blocks."""

    def __init__(self, fd):
        self.fd = fd
        self.parts = []
        self.size = 0
        os.set_blocking(fd, False)

    def add(self, part):
        if part:
            self.parts.append(part)
            self.size += len(part)

    def clear(self):
        self.parts.clear()
        self.size = 0

    def flush(self):
        """Writes what is taken now. Raises OSError where nobody reads any more, BrokenPipeError if it is a pipe."""
        parts = self.parts
        while parts:
            try:
                written = os.writev(self.fd, parts[:64])
            except BlockingIOError:
                return
            self.size -= written
            done = 0
            while done < len(parts) and written >= len(parts[done]):
                written -= len(parts[done])
                done += 1
            del parts[:done]
            if written:
                parts[0] = memoryview(parts[0])[written:]


class Outbox(Outlet):
    """What is sent in one turn of the loop is written at its end, since each write wakes all who pass it on."""

    def send(self, kind, payload=b""):
        self.add(HEADER.pack(len(payload), kind))
        self.add(payload)
        if self.size >= CHUNK:
            self.flush()

    def control(self, kind, value):
        self.send(kind, encode(value).encode("ascii"))
