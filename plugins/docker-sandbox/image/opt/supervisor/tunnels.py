"""Connections of programs to the host's proxy, carried over the frames: the container itself has no network.

Programs connect to a port of the container's own loopback interface. Each side sends no more than the other has room
for, so a connection that nobody reads stops alone.
"""

import _socket
import os
import select

import wire

#: Bytes of one direction of one connection that may be under way; the same number stands in `network/tunnel.ts`.
WINDOW = 128 * 1024
#: Connections at the same time.
MOST = 64
PIECE = 64 * 1024
READ, WRITE = select.EPOLLIN, select.EPOLLOUT


class Connection:
    def __init__(self, number, fd):
        self.number = number
        self.fd = fd
        self.socket = _socket.socket(fileno=fd)
        self.credit = WINDOW
        self.unsent = wire.Outlet(fd)
        self.written = 0
        self.program_ended = False
        self.host_ended = False
        self.shut = False
        self.mask = 0


class Tunnels:
    def __init__(self, supervisor, port):
        self.supervisor = supervisor
        self.outbox = supervisor.outbox
        self.connections = {}
        self.last = 0
        kind = _socket.SOCK_STREAM | _socket.SOCK_NONBLOCK | _socket.SOCK_CLOEXEC
        self.listener = _socket.socket(_socket.AF_INET, kind)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(MOST)
        supervisor.watch(self.listener.fileno(), self.accept)
        self.outbox.send(wire.TUNNELS_READY)

    def accept(self):
        try:
            fd, _ = self.listener._accept()
        except OSError:
            return
        if len(self.connections) >= MOST:
            os.close(fd)
            return
        self.last = (self.last + 1) & 0xFFFFFFFF
        connection = Connection(self.last, fd)
        self.connections[self.last] = connection
        self.tell(wire.TUNNEL_OPEN, connection)
        self.arm(connection)

    def tell(self, kind, connection, rest=b""):
        self.outbox.send(kind, connection.number.to_bytes(4, "big") + rest)

    def arm(self, connection):
        """Waits for what can be gone on with, and for nothing else."""
        mask = WRITE if connection.unsent.size else 0
        if not connection.program_ended and connection.credit and self.outbox.size < wire.HIGH:
            mask |= READ
        if mask == connection.mask:
            return
        connection.mask = mask
        if mask:
            self.supervisor.watch(connection.fd, lambda: self.go_on(connection), mask)
        else:
            self.supervisor.unwatch(connection.fd)

    def tick(self):
        """What waited for the outbox goes on when that has room again."""
        for connection in self.connections.values():
            self.arm(connection)

    def go_on(self, connection):
        """Moves what can be moved, and waits for the rest."""
        try:
            self.write(connection)
            if connection.mask & READ:
                self.read(connection)
        except BlockingIOError:
            pass
        except OSError:
            self.tell(wire.TUNNEL_RESET, connection)
            self.close(connection)
            return
        if connection.program_ended and connection.shut:
            self.close(connection)
        else:
            self.arm(connection)

    def read(self, connection):
        data = connection.socket.recv(min(PIECE, connection.credit))
        if data:
            connection.credit -= len(data)
            self.tell(wire.TUNNEL_DATA, connection, data)
        else:
            connection.program_ended = True
            self.tell(wire.TUNNEL_END, connection)

    def write(self, connection):
        connection.written += connection.unsent.size
        connection.unsent.flush()
        connection.written -= connection.unsent.size
        if connection.written >= WINDOW // 2:
            self.tell(wire.TUNNEL_CREDIT, connection, connection.written.to_bytes(4, "big"))
            connection.written = 0
        if connection.host_ended and not connection.unsent.size and not connection.shut:
            connection.shut = True
            connection.socket.shutdown(_socket.SHUT_WR)

    def close(self, connection):
        self.supervisor.unwatch(connection.fd)
        del self.connections[connection.number]
        connection.socket.close()

    # --- the host

    def from_host(self, kind, payload):
        connection = self.connections.get(int.from_bytes(payload[:4], "big"))
        if connection is None:
            return
        if kind == wire.HOST_RESET:
            self.close(connection)
            return
        if kind == wire.HOST_CREDIT:
            connection.credit += int.from_bytes(payload[4:8], "big")
        elif kind == wire.HOST_END:
            connection.host_ended = True
        else:
            connection.unsent.add(payload[4:])
        self.go_on(connection)
