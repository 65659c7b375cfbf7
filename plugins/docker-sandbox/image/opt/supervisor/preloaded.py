"""The preloaded Python: a root child of process 1 that has imported the heavy packages and forks interpreters."""

import _socket
import fcntl
import os

from programs import HOME, spawn


class Root:
    """Stays what process 1 is: it must be able to drop rights in the children it forks."""

    def drop(self):
        pass


class Preloaded:
    def __init__(self, binary, modules, identity, workspace, env):
        self.ready = False
        self.waiting = []
        ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0)
        self.socket = _socket.socket(fileno=fcntl.fcntl(ours.fileno(), fcntl.F_DUPFD_CLOEXEC, 3))
        self.socket.setblocking(False)
        ours.close()
        null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        # Born as root alone: signals to everybody, which process 1 sends as the user, never reach it.
        os.setresuid(0, 0, 0)
        try:
            argv = [binary, HOME + "/python/preloaded.py", str(identity.uid), str(identity.gid), workspace, *modules]
            self.pid = spawn(Root(), binary, argv, env, "/", {0: null, 1: null, 2: null, 3: theirs.fileno()})
        finally:
            identity.take()
            os.close(null)
            theirs.close()

    def spawn(self, program, descriptors):
        """Its process id comes with a later message; signals to everybody reach it all the same."""
        rights = b"".join(fd.to_bytes(4, "little") for fd in descriptors)
        self.socket.sendmsg([b"fork"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)])
        self.waiting.append(program)

    def read(self):
        """Yields `("ready",)`, `("forked", program)`, `("failed", program)` or `("exit", pid, status)`."""
        while True:
            try:
                message = self.socket.recv(256)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                yield ("gone",)
                return
            word, *numbers = message.split()
            if word == b"ready":
                self.ready = True
                yield ("ready",)
            elif word == b"forked":
                program = self.waiting.pop(0)
                program.pid = int(numbers[0])
                yield ("forked", program)
            elif word == b"failed":
                yield ("failed", self.waiting.pop(0))
            elif word == b"exit":
                yield ("exit", int(numbers[0]), int(numbers[1]))

    def close(self):
        self.socket.close()
