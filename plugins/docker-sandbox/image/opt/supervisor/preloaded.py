"""The preloaded Python: a root child of process 1 that has imported the heavy packages and forks interpreters."""

import _socket
import os

from programs import HOME, NOWHERE, spawn


class Preloaded:
    def __init__(self, binary, modules, identity, workspace, env):
        self.ready = False
        self.socket, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0)
        # Born as root alone: signals to everybody, which process 1 sends as the user, never reach it. It stays that: it
        # must be able to drop rights in the children it forks.
        os.setresuid(0, 0, 0)
        try:
            argv = [binary, HOME + "/python/preloaded.py", str(identity.uid), str(identity.gid), workspace, *modules]
            self.pid = spawn(None, binary, argv, env, "/", {**dict.fromkeys(range(3), NOWHERE), 3: theirs.fileno()})
        finally:
            identity.take()
            theirs.close()

    def spawn(self, descriptors):
        """Its process id. It is a child of process 1, as its parent has ended. Raises OSError when forking fails."""
        rights = b"".join(fd.to_bytes(4, "little") for fd in descriptors)
        self.socket.sendmsg([b"fork"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)])
        answer = self.socket.recv(256)
        if not answer.isdigit():
            raise OSError("the preloaded Python could not fork")
        return int(answer)

    def is_there(self):
        """Looks at what it says unasked: that it is ready, or by its end that it has gone."""
        try:
            alive = bool(self.socket.recv(256))
        except OSError:
            alive = False
        self.ready = self.ready or alive
        return alive

    def close(self):
        self.socket.close()
