"""The one thread of process 1: waits for the host, the programs and the clock, and never for anything else."""

import _signal
import os
import select
from time import monotonic

import cgroup
import files
import leftovers
import wire
from execution import Execution
from freezer import Freezer
from interpreters import Interpreters
from preloaded import Preloaded
from programs import STATEFUL, Starter, named
from rights import Identity
from streams import SOON
from transfers import Transfers

READ, WRITE = select.EPOLLIN, select.EPOLLOUT
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Supervisor(Interpreters):
    def __init__(self, outbox):
        super().__init__()
        self.poll = select.epoll()
        self.readers = {}
        self.outbox = outbox
        self.inbox = wire.Inbox()
        self.execution = None
        self.transfers = None
        self.tunnels = None
        self.files = files.Found()
        self.number = 0
        #: What an interpreter must say to end the present cell.
        self.token = b""
        #: Environment variables that cells of the session were given.
        self.env = {}
        #: The code of the present cell, or of the last one.
        self.cell = b""
        self.freezer = Freezer(self)

    def run(self):
        # For good: a child has it held back from its first moment on.
        _signal.pthread_sigmask(_signal.SIG_BLOCK, [_signal.SIGINT])
        wake, wake_end = os.pipe()
        for fd in (0, wake, wake_end):
            os.set_blocking(fd, False)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)
        _signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        self.watch(0, self.from_host)
        self.watch(wake, lambda: (os.read(wake, 4096), self.reap()))
        while True:
            try:
                timeout = self.tick()
                for fd, _ in self.poll.poll(timeout):
                    if fd in self.readers:
                        self.readers[fd]()
            except BrokenPipeError:
                os._exit(0)

    def watch(self, fd, callback, mask=READ):
        (self.poll.modify if fd in self.readers else self.poll.register)(fd, mask)
        self.readers[fd] = callback

    def unwatch(self, fd):
        if self.readers.pop(fd, None) is not None:
            self.poll.unregister(fd)

    def tick(self):
        """Does what the clock asks for; returns the seconds until it asks again, or None."""
        now = monotonic()
        until = self.execution.tick(now) if self.execution else None
        if self.execution:
            for stream in self.execution.program.streams:
                if stream.held and now >= stream.resume_at:
                    self.execution.read(stream)
                wanted = self.execution.wants(stream, now)
                if wanted != (stream.fd in self.readers):
                    if wanted:
                        self.watch(stream.fd, lambda stream=stream: self.execution and self.execution.read(stream))
                    else:
                        self.unwatch(stream.fd)
                if not wanted and stream.open and now < stream.resume_at:
                    until = stream.resume_at if until is None else min(until, stream.resume_at)
            if self.execution.program.unsent:
                self.execution.program.flush()
                until = min(until or now + 0.005, now + 0.005)
        if self.transfers:
            self.transfers.go_on(self.freezer.next is None)
        if self.tunnels and self.tunnels.connections:
            self.tunnels.tick()
        soon = self.execution.began + SOON if self.execution and self.outbox.size < wire.LITTLE else now
        if now >= soon:
            self.outbox.flush()
        elif self.outbox.size:
            until = soon if until is None else min(until, soon)
        writing = self.outbox.size > 0 and now >= soon
        if writing != (1 in self.readers):
            self.watch(1, self.outbox.flush, WRITE) if writing else self.unwatch(1)
        if not self.execution:
            until = self.freezer.tick(now)
            if until is None and self.transfers and self.transfers.waiting:
                until = now
        return None if until is None else max(0, until - now) + 0.0005

    # --- the host

    def from_host(self):
        try:
            data = os.read(0, wire.LITTLE)
        except BlockingIOError:
            return
        if not data:
            os._exit(0)
        for kind, payload in self.inbox.feed(data):
            if kind == wire.DATA:
                self.transfers.receive_piece(payload)
            elif wire.HOST_DATA <= kind <= wire.HOST_RESET:
                self.tunnels.from_host(kind, payload)
            elif kind == wire.STDIN:
                if self.execution and self.execution.id == int.from_bytes(payload[:4], "big"):
                    self.execution.feed(payload[4:])
            else:
                self.handle(kind, wire.decode(payload))

    def handle(self, kind, request):
        execution = self.execution
        if kind == wire.EXEC:
            self.execute(request)
        elif kind == wire.PING:
            self.outbox.control(wire.PONG, request)
        elif kind in (wire.INTERRUPT, wire.STOP):
            if execution and execution.id == request["id"]:
                execution.interrupt() if kind == wire.INTERRUPT else execution.stop("killed")
        elif kind == wire.INPUT:
            if execution and execution.asked:
                execution.asked = False
                text = request["text"]
                answer = b"" if text is None else b"+" + text.encode("utf-8", "surrogatepass")
                execution.program.write(ord("i"), answer)
        elif kind == wire.STATS:
            figures = {"cpuMs": cgroup.cpu_ms() or 0, "memory": cgroup.memory(), "pids": cgroup.pids()}
            self.outbox.control(wire.REPLY, {"id": request["id"], **figures})
        elif kind in (wire.PUT, wire.GET, wire.LIST):
            self.transfers.ask(kind, request)
        elif kind == wire.HELLO:
            self.hello(request)

    def hello(self, request):
        self.workspace = request["workspace"]
        self.identity = Identity(request["uid"], request["gid"])
        self.identity.take()
        self.transfers = Transfers(self)
        os.setgroups([])
        if request["proxyPort"]:
            from tunnels import Tunnels

            self.tunnels = Tunnels(self, request["proxyPort"])
        # The image's own variables; the host gave none.
        env = {
            "PATH": DEFAULT_PATH,
            **os.environ,
            "HOME": self.workspace,
            "USER": "sandbox",
            "LANG": "C.UTF-8",
            "TMPDIR": "/tmp",
            # What was printed is out, whatever becomes of the program then.
            "PYTHONUNBUFFERED": "1",
            "MPLCONFIGDIR": "/tmp/.matplotlib",
            **request["env"],
        }
        self.starter = Starter(self.identity, self.workspace, env)
        binary = self.starter.find("python")
        if binary and request["preload"]:
            self.preloaded = Preloaded(binary, request["preload"], self.identity, self.workspace, env)
            self.watch(self.preloaded.socket.fileno(), self.from_preloaded)
            return
        if binary and request["prefork"]:
            self.begin("python", binary)
        # There is nothing to wait for.
        self.outbox.control(wire.PRELOADED, {})

    # --- programs

    def execute(self, request):
        name = named(request["language"])
        code = request["code"].encode("utf-8", "surrogatepass")
        stateful = name in STATEFUL and not request["program"]
        program = self.programs.get(name) if stateful else None
        binary = None if program else self.starter.find(request["language"])
        problem = None
        if self.execution:
            problem = ("SLUICE_SANDBOX_BUSY", "the session already runs something")
        elif program is None and binary is None:
            problem = ("SLUICE_SANDBOX_LANGUAGE", "no interpreter for %s is in the image" % request["language"])
        else:
            try:
                if not stateful:
                    program = self.begin_program(name, binary, request, code)
                    # Not one that the program made.
                    self.files.update(program.placed)
                elif program is None:
                    program = self.begin(name, binary)
            except (OSError, files.FileError) as error:
                found = files.failure(error, request.get("file") or "the program")
                code = found.code if found.code != "SLUICE_FILE_FAILED" else "SLUICE_SANDBOX_START_FAILED"
                problem = (code, "cannot start %s: %s" % (name, found))
        if problem:
            self.outbox.control(wire.REFUSED, {"id": request["id"], "code": problem[0], "message": problem[1]})
            return
        self.number += 1
        self.token = os.urandom(8).hex().encode()
        lost = name in self.lost
        self.lost.discard(name)
        if not request["program"]:
            self.env.update(request["env"])
        if stateful:
            # Before all else: the interpreter begins while the rest is done here, and is woken once.
            self.cell = code
            program.run(code, self.number, self.token, self.env)
        self.freezer.thaw()
        self.execution = Execution(self, request, program, lost)

    def begin_again(self, execution):
        """Gives the cell to a new interpreter: its own ended before it could read it."""
        old = execution.program
        self.signal(old, _signal.SIGKILL)
        try:
            program = self.begin(old.language, self.starter.find(old.language))
        except OSError:
            # It is told as the end of the interpreter that is gone.
            execution.drain()
            return
        self.forget(old)
        execution.attach(program)
        program.run(self.cell, self.number, self.token, self.env)

    def finished(self, execution):
        program = execution.program
        self.leave_alone(program)
        self.execution = None
        if program.status is not None:
            self.forget(program)
        if execution.reason or execution.program_alone:
            # All were seen to end, and what they had in memory was to be lost.
            self.lost.clear()
            leftovers.remove(self.identity)
        else:
            self.freezer.freeze()
