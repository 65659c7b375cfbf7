"""An execution's standard streams: read no faster than the host takes them, fed no faster than the program does."""

import os
from select import EPOLLOUT
from time import monotonic

from wire import CHUNK, HIGH, LITTLE, STDIN_TAKEN

#: Seconds in which what a cell says is gathered: of a short one all is said at once.
SOON = 0.002
#: Small pieces of output are gathered for so long, unless the stream was quiet before.
GATHER = 0.004
#: The beginning of a line waits for the rest of it: Python writes a line and its end one after the other.
HOLD = 0.001
LARGE = 32 * 1024
RUNNING, STOPPING, KILLING, DRAINING = range(4)


class Streams:
    """The part of an execution that moves bytes."""

    def wants(self, stream, now):
        return stream.open and stream.left != 0 and now >= stream.resume_at and self.outbox.size < HIGH

    def read(self, stream):
        if not self.wants(stream, stream.resume_at):
            return
        most = min(CHUNK if stream.full else LITTLE, CHUNK if stream.left is None else stream.left)
        try:
            data = os.read(stream.fd, most)
        except BlockingIOError:
            self.release(stream)
            return
        if not data:
            stream.open = False
            self.release(stream)
            return
        size = len(data)
        stream.full = size >= LITTLE
        if stream.left is not None:
            stream.left -= size
        if size > self.allowed:
            self.truncated = True
            self.dropped += size - self.allowed
            data = data[: self.allowed]
        self.allowed -= len(data)
        gathering = size < LARGE and self.state == RUNNING
        if gathering and not stream.held and data and data[-1] != 10:
            stream.held = data
            stream.resume_at = monotonic() + HOLD
            return
        stream.held += data
        self.release(stream)
        if gathering:
            stream.resume_at = monotonic() + GATHER

    def release(self, stream):
        """Sends what waited for the rest of its line."""
        data, stream.held = stream.held, b""
        if data:
            self.outbox.send(stream.kind, data)

    def catch_up(self):
        """What was printed before this moment goes before what is told now."""
        for stream in self.program.streams:
            if stream.open and self.state == RUNNING:
                for _ in range(stream.queued() // CHUNK + 1):
                    stream.resume_at = 0.0
                    self.read(stream)
            self.release(stream)

    def feed(self, data):
        """More of the program's standard input; nothing is its end."""
        feed = self.program.feed
        if feed is not None and feed.fd is not None:
            feed.take(data)
            self.feed_on()

    def feed_on(self):
        """Writes what the pipe takes, and waits for its room with the rest."""
        supervisor, feed = self.supervisor, self.program.feed
        fd = feed.fd
        supervisor.unwatch(fd)
        self.taken += feed.write()
        if self.taken >= feed.WINDOW // 4:
            self.outbox.send(STDIN_TAKEN, self.id.to_bytes(4, "big") + self.taken.to_bytes(4, "big"))
            self.taken = 0
        if feed.size:
            supervisor.watch(fd, self.feed_on, EPOLLOUT)
