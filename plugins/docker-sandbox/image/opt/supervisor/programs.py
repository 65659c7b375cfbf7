"""Interpreters and other programs: how each is started, given code, and seen to end."""

import _signal
import fcntl
import os
import sys

import bash
import files
import scripts
from wire import HEADER, STDERR, STDOUT, Inbox, Outlet

HOME = scripts.HOME
QUEUE_LENGTH = 0x541B
ALIASES = {
    **dict.fromkeys(("py", "python3", "ipython"), "python"),
    **dict.fromkeys(("js", "node", "nodejs", "mjs", "cjs"), "javascript"),
    **dict.fromkeys(("ts", "mts", "cts"), "typescript"),
    **dict.fromkeys(("sh", "shell", "zsh", "console"), "bash"),
}
#: What an interpreter that keeps its state is started with. Nothing that a program has put into its home runs in the next
#: one: Python's own folder there is added later, as a place to import from. Node has no option, which its threads and its
#: own test runner would hand on.
CELLS = {
    "python": ["-s", HOME + "/python/main.py"],
    "javascript": [HOME + "/javascript/main.cjs"],
    "bash": bash.OPTIONS,
}
STATEFUL = tuple(CELLS)
#: Which end a child has under which number.
PLACES = {0: "in", 1: "out", 2: "err", scripts.CONTROL: "control", scripts.REPORT: "report"}
#: An input that is at its end, and what also takes any output.
NOTHING, NOWHERE = (os.open("/dev/null", way | os.O_CLOEXEC) for way in (os.O_RDONLY, os.O_RDWR))
BINARY = {"python": "python3", "javascript": "node", "typescript": "node", "bash": "bash"}


def named(language):
    return ALIASES.get(language.lower(), language.lower())


class Stream:
    """The reading end of a program's standard output or error."""

    def __init__(self, fd, kind):
        self.fd = fd
        self.kind = kind
        self.open = True
        #: Bytes still to be read before the end is told; None while there is no end.
        self.left = None
        self.resume_at = 0.0
        #: Whether the last reading found more than little.
        self.full = False
        #: Read, and not sent yet.
        self.held = b""
        os.set_blocking(fd, False)
        try:
            fcntl.fcntl(fd, scripts.SET_PIPE_SIZE, 1024 * 1024)
        except OSError:
            pass

    def queued(self):
        return queued(self.fd)


def queued(pipe):
    return int.from_bytes(fcntl.ioctl(pipe, QUEUE_LENGTH, b"\0\0\0\0"), "little")


class Program:
    def __init__(self, language, stateful):
        self.language = language
        #: Whether it goes on after the code it is given now.
        self.stateful = stateful
        self.pid = 0
        #: How many cells it has been given: with the first it has a state to lose.
        self.cells = 0
        #: Environment variables that cells were given.
        self.given = {}
        self.status = None
        #: Its standard output and error.
        self.streams = ()
        #: What it is told by, where it is told anything.
        self.control = None
        self.report = None
        self.inbox = Inbox()
        #: What the host sends of its standard input.
        self.feed = None
        #: The file that was made for code without a name.
        self.temporary = None
        #: The program's own file, as it was before it ran.
        self.placed = {}
        self.bash = bash.Bash() if language == "bash" and stateful else None
        #: Bytes of its present cell that it may leave unread and have begun.
        self.behind = 0
        self.gone = False

    def write(self, kind, payload):
        """To the interpreter; what its pipe does not take now goes with the next `flush`."""
        if self.control is not None:
            self.control.add(payload if self.bash else HEADER.pack(len(payload), kind) + payload)
            self.flush()

    @property
    def unsent(self):
        return self.control.size if self.control is not None else 0

    def flush(self):
        try:
            self.control.flush()
        except OSError:
            # Nobody is there to read it, be it the cell or only what is behind it.
            self.gone = self.unsent > self.behind
            self.control.clear()

    def run(self, code, number, token, env):
        """Of the session's variables it is told those that it does not have yet."""
        self.cells += 1
        fresh = {name: value for name, value in env.items() if self.given.get(name) != value}
        self.given.update(fresh)
        if self.bash:
            self.write(0, self.bash.cell(code, token, fresh))
            self.behind = len(self.bash.tail)
        else:
            if fresh:
                self.write(ord("v"), scripts.lines_of(fresh))
            self.write(ord("c"), b"%d %s\n%s" % (number, token, code))

    def ask_again(self):
        """How the present cell of bash has ended."""
        self.behind += len(self.bash.tail)
        self.write(0, self.bash.tail)

    def has_begun(self):
        """Whether it has read its cell: what is unread stays in the pipe when the reader has gone."""
        return not self.gone and self.unsent + queued(self.control.fd) <= self.behind

    def descriptors(self):
        """Our ends of its pipes."""
        ours = [each.fd for each in (*self.streams, self.control, self.feed) if each is not None]
        return [fd for fd in (*ours, self.report) if fd is not None]

    def close(self):
        for fd in self.descriptors():
            os.close(fd)

    def remove(self, identity):
        """The file that was made for it."""
        if self.temporary is not None:
            with identity:
                try:
                    os.unlink(self.temporary)
                except OSError:
                    pass


def spawn(identity, binary, argv, env, cwd, descriptors, held=()):
    """Forks and executes; `descriptors` maps the child's numbers to ours. Raises OSError when forking fails.

    Signals that are `held` reach the child when it lets them in: an interrupt finds its program, not its start."""
    # Process 1 holds interrupts back: one that comes before the child has handlers would be lost.
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        for name in ("SIGPIPE", "SIGXFSZ", "SIGINT", "SIGCHLD", "SIGTERM"):
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, held)
        # Out of the way of the numbers wanted first, then into place.
        moved = {want: fcntl.fcntl(have, fcntl.F_DUPFD_CLOEXEC, 300) for want, have in descriptors.items()}
        for want, have in moved.items():
            os.dup2(have, want, True)
        if identity is not None:
            identity.drop()
        os.chdir(cwd)
        if argv[1:4] == scripts.HELPERS["python"] and os.path.samefile(binary, "/proc/self/exe"):
            # A Python that has started already: what the helper would do is done here, with nothing of process 1 open.
            os.closerange(3, scripts.CONTROL)
            sys.path.insert(0, HOME + "/programs")
            from python import main

            main(binary, env, *argv[4:])
        os.execve(binary, argv, env)
    except BaseException as error:
        os.write(2, ("cannot start %s: %s\n" % (binary, error)).encode())
    finally:
        os._exit(127)


class Pipes:
    """A program's pipes. The child's ends, by name, are closed here when the child has them; all are where it did not start."""

    def __init__(self, program, identity):
        self.program = program
        self.identity = identity
        self.ends = {}

    def __enter__(self):
        with self.identity:
            out, self.ends["out"] = os.pipe()
            err, self.ends["err"] = os.pipe()
        self.program.streams = (Stream(out, STDOUT), Stream(err, STDERR))
        return self

    def control(self):
        self.ends["control"], ours = os.pipe()
        self.program.control = Outlet(ours)

    def report(self):
        self.program.report, self.ends["report"] = os.pipe()
        os.set_blocking(self.program.report, False)

    def __exit__(self, kind, *_):
        for fd in self.ends.values():
            os.close(fd)
        if kind is not None:
            self.program.close()
            self.program.remove(self.identity)


class Starter:
    def __init__(self, identity, workspace, env):
        self.identity = identity
        self.workspace = workspace
        self.env = env

    def find(self, language):
        """The path of its binary; None where the image has none."""
        return scripts.find(BINARY.get(named(language), language), self.env["PATH"])

    def start(self, language, binary, zygote=None):
        """An interpreter that keeps its state."""
        program = Program(language, True)
        with Pipes(program, self.identity) as pipes:
            pipes.control()
            pipes.report()
            if zygote is not None:
                program.pid = zygote.spawn(pipes.ends.values())
            else:
                argv = [os.path.basename(binary), *CELLS[language]]
                self.spawn(program, binary, argv, pipes.ends, {}, bash.PLACES if program.bash else PLACES)
        if program.bash:
            program.write(0, bash.START)
        return program

    def start_program(self, language, binary, request, code, env):
        """`interpreter FILE ARGS` in the workspace. Raises OSError or FileError."""
        program = Program(language, False)
        with Pipes(program, self.identity) as pipes:
            with self.identity:
                name, ours = scripts.place(self.workspace, request, language, code)
                if ours:
                    program.temporary = self.workspace + "/" + name
                else:
                    program.placed = {name: files.state_of(os.lstat(self.workspace + "/" + name))}
                if request["stdin"] == "stream":
                    program.feed = scripts.Feed()
                    pipes.ends["in"] = program.feed.end
                if language in scripts.HELPERS:
                    # The user's own: Node opens it once more.
                    pipes.report()
            if language == "python":
                pipes.control()
            self.spawn(program, binary, scripts.command(language, binary, name, request), pipes.ends, env)
        return program

    def spawn(self, program, binary, argv, ends, env, places=PLACES):
        given = {"in": NOTHING, "nowhere": NOWHERE, **ends}
        numbers = {number: given[name] for number, name in places.items() if name in given}
        # An early interrupt finds the program, not its start.
        held = [_signal.SIGINT] if program.language == "python" else ()
        program.pid = spawn(self.identity, binary, argv, {**self.env, **env}, self.workspace, numbers, held)
