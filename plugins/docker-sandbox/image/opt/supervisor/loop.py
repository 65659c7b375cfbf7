"""The one thread of process 1: waits for the host, the programs and the clock, and never for anything else."""

import _signal
import os
import select
from time import monotonic

import cgroup
import wire
from execution import Execution
from preloaded import Preloaded
from programs import STATEFUL, Starter
from rights import Identity
from transfers import Transfers

READ, WRITE = select.EPOLLIN, select.EPOLLOUT
#: A message of an interpreter, such as a picture, may be so long.
LONGEST_REPORT = 24 * 1024 * 1024
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Supervisor:
    def __init__(self):
        self.poll = select.epoll()
        self.readers = {}
        self.outbox = wire.Outbox(1)
        self.inbox = wire.Inbox()
        self.writing = False
        self.programs = {}
        self.lost = set()
        self.children = {}
        self.preloaded = None
        self.execution = None
        self.transfers = None
        self.files = {}
        self.number = 0

    def run(self):
        _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
        wake, wake_end = os.pipe()
        for fd in (0, 1, wake, wake_end):
            os.set_blocking(fd, False)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)
        _signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        self.watch(0, self.from_host)
        self.watch(wake, lambda: (os.read(wake, 4096), self.reap()))
        self.outbox.control(wire.READY, cgroup.limits())
        while True:
            try:
                timeout = self.tick()
                for fd, mask in self.poll.poll(timeout):
                    if fd == 1:
                        if mask & select.EPOLLERR:
                            os._exit(0)
                        self.outbox.flush()
                    elif fd in self.readers:
                        self.readers[fd]()
            except BrokenPipeError:
                os._exit(0)

    def watch(self, fd, callback):
        self.readers[fd] = callback
        self.poll.register(fd, READ)

    def unwatch(self, fd):
        if self.readers.pop(fd, None) is not None:
            self.poll.unregister(fd)

    def tick(self):
        """Does what the clock asks for; returns the seconds until it asks again, or None."""
        now = monotonic()
        until = self.execution.tick(now) if self.execution else None
        if self.execution:
            for stream in self.execution.program.streams():
                wanted = self.execution.wants(stream, now)
                if wanted != stream.reading:
                    stream.reading = wanted
                    if wanted:
                        self.watch(stream.fd, lambda stream=stream: self.execution and self.execution.read(stream))
                    else:
                        self.unwatch(stream.fd)
                if not wanted and stream.open and now < stream.resume_at:
                    until = stream.resume_at if until is None else min(until, stream.resume_at)
            if self.execution.program.unsent:
                self.execution.program.flush()
                until = min(until or now + 0.005, now + 0.005)
        if self.transfers and self.transfers.downloads:
            self.transfers.send_pieces()
        writing = self.outbox.size > 0
        if writing != self.writing:
            self.writing = writing
            self.poll.register(1, WRITE) if writing else self.poll.unregister(1)
        return None if until is None else max(0, until - now) + 0.0005

    # --- the host

    def from_host(self):
        try:
            data = os.read(0, 262144)
        except BlockingIOError:
            return
        if not data:
            os._exit(0)
        for kind, payload in self.inbox.feed(data):
            if kind == wire.DATA:
                self.transfers.receive_piece(payload)
            else:
                self.handle(kind, wire.decode(payload))

    def handle(self, kind, request):
        execution = self.execution
        if kind == wire.EXEC:
            self.execute(request)
        elif kind == wire.PING:
            self.outbox.control(wire.PONG, request)
        elif kind == wire.INTERRUPT:
            if execution and execution.id == request["id"]:
                execution.interrupt()
        elif kind == wire.STOP:
            if execution and execution.id == request["id"]:
                execution.stop("killed")
        elif kind == wire.INPUT:
            if execution and execution.asked:
                execution.asked = False
                text = request["text"]
                answer = b"" if text is None else b"+" + text.encode("utf-8", "surrogatepass")
                execution.program.write(ord("i"), answer)
        elif kind == wire.STATS:
            answer = {"id": request["id"], "cpuMs": cgroup.cpu_ms() or 0, "memory": cgroup.memory()}
            self.outbox.control(wire.REPLY, {**answer, "pids": cgroup.pids()})
        elif kind in (wire.PUT, wire.GET, wire.LIST):
            self.transfers.serve(kind, request)
        elif kind == wire.HELLO:
            self.hello(request)

    def hello(self, request):
        self.workspace = request["workspace"]
        self.identity = Identity(request["uid"], request["gid"])
        self.transfers = Transfers(self)
        os.setgroups([])
        env = {
            "PATH": os.environ.get("PATH", DEFAULT_PATH),
            "HOME": self.workspace,
            "USER": "sandbox",
            "LANG": "C.UTF-8",
            "TMPDIR": "/tmp",
            "MPLCONFIGDIR": "/tmp/.matplotlib",
            **request["env"],
        }
        self.starter = Starter(self.identity, self.workspace, env)
        binary = self.starter.resolve("python")[1]
        if request["preload"] and binary:
            self.preloaded = Preloaded(binary, request["preload"], self.identity, self.workspace, env)
            self.watch(self.preloaded.socket.fileno(), self.from_preloaded)
        elif request["prefork"]:
            name, binary = self.starter.resolve(request["prefork"])
            if binary and name in STATEFUL and name != "bash":
                self.begin(name, binary, False)

    # --- programs

    def begin(self, name, binary, fresh, code=b""):
        zygote = self.preloaded if name == "python" and self.preloaded and self.preloaded.ready else None
        program = self.starter.start(name, binary, fresh, code, zygote)
        if zygote is None:
            self.children[program.pid] = program
        if program.report is not None:
            self.programs[name] = program
            self.watch(program.report, lambda: self.from_program(program))
        return program

    def execute(self, request):
        name, binary = self.starter.resolve(request["language"])
        code = request["code"].encode("utf-8", "surrogatepass")
        stateful = name in STATEFUL and not (name == "bash" and request["fresh"])
        problem = None
        if self.execution:
            problem = ("SLUICE_SANDBOX_BUSY", "the session already runs something")
        elif binary is None:
            problem = ("SLUICE_SANDBOX_LANGUAGE", "no interpreter for %s is in the image" % request["language"])
        else:
            try:
                program = self.programs.get(name) if stateful else None
                program = program or self.begin(name, binary, not stateful, code)
                program.stateful = stateful and not request["fresh"]
            except OSError as error:
                problem = ("SLUICE_SANDBOX_START_FAILED", "cannot start %s: %s" % (name, error.strerror))
        if problem:
            self.outbox.control(wire.REFUSED, {"id": request["id"], "code": problem[0], "message": problem[1]})
            return
        self.number += 1
        lost = name in self.lost
        self.lost.discard(name)
        self.execution = Execution(self, request, program, lost)
        if stateful:
            program.run(code, request["fresh"], self.number)
        if program.status is not None:
            self.execution.exited()

    def from_program(self, program):
        try:
            data = os.read(program.report, 262144)
        except BlockingIOError:
            return
        current = self.execution if self.execution and self.execution.program is program else None
        if not data:
            self.unwatch(program.report)
            return
        if program.language == "bash":
            for _ in range(data.count(b"\0")):
                code, _, data = data.partition(b"\0")
                if program.skip:
                    program.skip -= 1
                elif current:
                    current.report(ord("d"), b"%s %d %d" % (code, code == b"130", self.number))
            return
        try:
            for kind, payload in program.inbox.feed(data):
                if current:
                    current.report(kind, payload)
        except ValueError:
            program.inbox.buffer.clear()
        if len(program.inbox.buffer) > LONGEST_REPORT:
            # Somebody forges frames of its own interpreter: it gets no further.
            self.signal(program, _signal.SIGKILL)
            program.inbox.buffer.clear()

    def from_preloaded(self):
        for word, *rest in self.preloaded.read():
            if word == "ready":
                self.begin("python", self.starter.resolve("python")[1], False)
                self.outbox.control(wire.PRELOADED, {})
            elif word == "forked":
                self.children[rest[0].pid] = rest[0]
            elif word == "failed":
                self.exited(rest[0], 127 << 8)
            elif word == "exit":
                self.ended(rest[0], rest[1])
            elif word == "gone":
                self.unwatch(self.preloaded.socket.fileno())
                self.preloaded.close()
                for program in self.preloaded.waiting:
                    self.exited(program, 127 << 8)
                self.preloaded = None

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.ended(pid, status)

    def ended(self, pid, status):
        program = self.children.pop(pid, None)
        if program:
            self.exited(program, status)

    def exited(self, program, status):
        program.status = status
        if program.report is not None:
            # Results it sent before its end.
            self.from_program(program)
        if self.programs.get(program.language) is program:
            del self.programs[program.language]
        if self.execution and self.execution.program is program:
            self.execution.exited()
        else:
            self.lost.add(program.language)
            self.forget(program)

    def forget(self, program):
        for stream in program.streams():
            if stream.reading:
                stream.reading = False
                self.unwatch(stream.fd)
        if program.report is not None:
            self.unwatch(program.report)
        program.close()
        if program.temporary:
            with self.identity:
                try:
                    os.unlink(program.temporary)
                except OSError:
                    pass

    def signal(self, program, number):
        if program.pid == 0:
            self.identity.kill_all(number)
            return
        try:
            os.killpg(program.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    def finished(self, execution):
        program = execution.program
        for stream in program.streams():
            if stream.reading:
                stream.reading = False
                self.unwatch(stream.fd)
        self.execution = None
        if program.status is not None:
            self.forget(program)
        if execution.reason or execution.fresh:
            # Nobody of the user's processes lives any more, whatever messages about it are still under way.
            for other in list(self.programs.values()):
                self.children.pop(other.pid, None)
                self.forget(other)
            self.programs.clear()
            self.lost.clear()
