"""The interpreters of a session: begun, listened to, and seen to end."""

import _signal
import os

import wire
from programs import STATEFUL
from rights import others

#: A message of an interpreter, such as a picture, may be so long.
LONGEST_REPORT = 24 * 1024 * 1024


class Interpreters:
    """The part of the supervisor that knows its children."""

    def __init__(self):
        #: Language to the interpreter that keeps its state.
        self.programs = {}
        #: Languages whose interpreter died between two executions, which nobody was told yet.
        self.lost = set()
        #: Process id to program.
        self.children = {}
        self.preloaded = None
        #: Interpreters begun ahead that have not said yet that they are ready for a cell.
        self.warming = set()

    def alive(self):
        """The user's processes, zombies included."""
        return others(self.preloaded.pid) if self.preloaded else others()

    def begin(self, name, binary):
        """An interpreter that keeps its state."""
        zygote = self.preloaded if name == "python" and self.preloaded and self.preloaded.ready else None
        self.programs[name] = program = self.starter.start(name, binary, zygote)
        return self.listen_to(program)

    def begin_program(self, name, binary, request, code):
        return self.listen_to(self.starter.start_program(name, binary, request, code, {**self.env, **request["env"]}))

    def listen_to(self, program):
        self.children[program.pid] = program
        if program.report is not None:
            self.watch(program.report, lambda: self.from_program(program))
        return program

    def from_program(self, program):
        """Whether there may be more."""
        try:
            data = os.read(program.report, wire.LITTLE)
        except BlockingIOError:
            return False
        current = self.execution if self.execution and self.execution.program is program else None
        if not data:
            self.unwatch(program.report)
            return False
        if program.bash:
            code = program.bash.told(data, self.token)
            if code is not None and current:
                current.report(ord("d"), b"%d %d %s" % (code, code == 130, self.token))
            return True
        try:
            for kind, payload in program.inbox.feed(data):
                if kind == ord("b"):
                    self.warmed(program)
                elif current:
                    current.report(kind, payload)
        except ValueError:
            program.inbox.buffer.clear()
        if len(program.inbox.buffer) > LONGEST_REPORT:
            # Somebody forges frames of its own interpreter: it gets no further.
            self.signal(program, _signal.SIGKILL)
            program.inbox.buffer.clear()
        return True

    def from_preloaded(self):
        if self.preloaded.is_there():
            # The first cell of any language finds its interpreter started; the others cost little beside the modules.
            for name in STATEFUL:
                binary = self.starter.find(name)
                if binary and name not in self.programs:
                    self.warming.add(self.begin(name, binary))
            # Bash says nothing of itself, and is the first to be ready.
            self.warmed(self.programs.get("bash"))
            return
        self.unwatch(self.preloaded.socket.fileno())
        self.preloaded.close()
        if not self.preloaded.ready:
            # Nobody is to wait for it; interpreters start on their own.
            self.outbox.control(wire.PRELOADED, {})
        self.preloaded = None

    def warmed(self, program):
        """A container is handed out when all of its interpreters wait for a cell, or are gone."""
        if program in self.warming:
            self.warming.remove(program)
            if not self.warming:
                self.outbox.control(wire.PRELOADED, {})

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            program = self.children.pop(pid, None)
            if program:
                self.exited(program, status)

    def exited(self, program, status):
        program.status = status
        if program.report is not None:
            # Results it sent before its end; what a process sends that it left behind is bounded.
            for _ in range(LONGEST_REPORT // wire.LITTLE):
                if not self.from_program(program):
                    break
        if self.programs.get(program.language) is program:
            del self.programs[program.language]
        if self.execution and self.execution.program is program:
            self.execution.exited()
        else:
            if program.cells:
                self.lost.add(program.language)
            self.forget(program)

    def leave_alone(self, program):
        for stream in program.streams:
            self.unwatch(stream.fd)

    def forget(self, program):
        self.warmed(program)
        for fd in program.descriptors():
            self.unwatch(fd)
        program.close()
        program.remove(self.identity)

    def signal(self, program, number):
        # Just forked, it leads no group yet.
        for send in (os.killpg, os.kill):
            try:
                send(program.pid, number)
                return
            except (ProcessLookupError, PermissionError):
                pass
