"""Interpreters and other programs: how each is started, given code, and seen to end."""

import _signal
import fcntl
import os
import sys

import files
import scripts
from bash import Bash, spawn_bash
from wire import HEADER, STDERR, STDOUT, Inbox

HOME = scripts.HOME
QUEUE_LENGTH = 0x541B
ALIASES = {
    **dict.fromkeys(("py", "python3", "ipython"), "python"),
    **dict.fromkeys(("js", "node", "nodejs", "mjs", "cjs"), "javascript"),
    **dict.fromkeys(("ts", "mts", "cts"), "typescript"),
    **dict.fromkeys(("sh", "shell", "zsh", "console"), "bash"),
}
STATEFUL = ("python", "javascript", "bash")
BINARY = {"python": "python3", "javascript": "node", "typescript": "node", "bash": "bash"}


def named(language):
    return ALIASES.get(language.lower(), language.lower())


class Stream:
    """The reading end of a program's standard output or error."""

    def __init__(self, fd, kind):
        self.fd = fd
        self.kind = kind
        self.open = True
        self.reading = False
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
        self.out = None
        self.err = None
        self.control = None
        self.report = None
        self.inbox = Inbox()
        self.unsent = b""
        #: What the host sends of its standard input.
        self.feed = None
        #: The file that was made for code without a name.
        self.temporary = None
        #: The program's own file, as it was before it ran.
        self.placed = {}
        self.bash = Bash() if language == "bash" and stateful else None
        #: Bytes of its present cell that it may leave unread and have begun.
        self.behind = 0
        self.gone = False

    def streams(self):
        return (self.out, self.err)

    def write(self, kind, payload):
        """To the interpreter; what its pipe does not take now goes with the next `flush`."""
        if self.language == "bash":
            self.unsent += payload
        else:
            self.unsent += HEADER.pack(len(payload), kind) + payload
        self.flush()

    def flush(self):
        while self.unsent and self.control is not None:
            try:
                written = os.write(self.control, self.unsent[:65536])
            except BlockingIOError:
                return
            except OSError:
                # Nobody is there to read it, be it the cell or only what is behind it.
                self.gone = len(self.unsent) > self.behind
                self.unsent = b""
                return
            self.unsent = self.unsent[written:]

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
        return not self.gone and len(self.unsent) + queued(self.control) <= self.behind

    def close(self):
        for fd in (self.out.fd, self.err.fd, self.control, self.report):
            if fd is not None:
                os.close(fd)
        if self.feed is not None:
            self.feed.close()

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
    # From its first moment on; one that comes before the child has handlers would be lost.
    _signal.pthread_sigmask(_signal.SIG_BLOCK, [_signal.SIGINT])
    try:
        pid = os.fork()
    except BaseException:
        _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGINT])
        raise
    if pid:
        _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGINT])
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
    """Gives the child's ends of a program's pipes, which are closed here when the child has them."""

    def __init__(self, program, identity):
        self.program = program
        self.identity = identity

    def __enter__(self):
        with self.identity:
            out, out_end = os.pipe()
            err, err_end = os.pipe()
        self.program.out, self.program.err = Stream(out, STDOUT), Stream(err, STDERR)
        self.ends = [out_end, err_end]
        return self.ends

    def __exit__(self, kind, *_):
        for fd in self.ends:
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
        with Pipes(program, self.identity) as child:
            control_end, program.control = os.pipe()
            child.append(control_end)
            program.report, report_end = os.pipe()
            child.append(report_end)
            os.set_blocking(program.control, False)
            os.set_blocking(program.report, False)
            if zygote is not None:
                program.pid = zygote.spawn(child)
            else:
                self.start_interpreter(program, binary, child)
        return program

    def start_program(self, language, binary, request, code, env):
        """`interpreter FILE ARGS` in the workspace. Raises OSError or FileError."""
        program = Program(language, False)
        with Pipes(program, self.identity) as child:
            numbers = {1: child[0], 2: child[1]}
            with self.identity:
                name, ours = scripts.place(self.workspace, request, language, code)
                if ours:
                    program.temporary = self.workspace + "/" + name
                else:
                    program.placed = {name: files.state_of(os.lstat(self.workspace + "/" + name))}
                if request["stdin"] == "stream":
                    program.feed = scripts.Feed()
                    numbers[0] = program.feed.end
                    child.append(program.feed.end)
            if language in scripts.HELPERS:
                with self.identity:
                    # The user's own: Node opens it once more.
                    program.report, report_end = os.pipe()
                child.append(report_end)
                os.set_blocking(program.report, False)
                numbers[scripts.REPORT] = report_end
            if language == "python":
                control_end, program.control = os.pipe()
                child.append(control_end)
                os.set_blocking(program.control, False)
                numbers[scripts.CONTROL] = control_end
            argv = scripts.command(language, binary, name, request)
            # An early interrupt finds the program, not its start.
            held = [_signal.SIGINT] if language == "python" else ()
            self.spawn_with_null(program, binary, argv, numbers, held, env)
        return program

    def start_interpreter(self, program, binary, child):
        if program.language == "bash":
            program.pid = spawn_bash(spawn, self.identity, binary, self.env, self.workspace, child)
            program.write(0, program.bash.start())
            return
        out, err, control, report = child
        held = [_signal.SIGINT] if program.language == "python" else ()
        # Nothing that a program has put into its home runs in the next interpreter: Python's own folder there is added
        # later, as a place to import from. Node has no option, which its threads and its own test runner would hand on.
        begin = {"python": ["-s", HOME + "/python/main.py"], "javascript": [HOME + "/javascript/main.cjs"]}[program.language]
        argv = [os.path.basename(binary), *begin]
        # Far above those that people use; the Python that is started alone has them where the preloaded one may not.
        link = {3: control, 4: report} if program.language == "python" else {203: control, 204: report}
        self.spawn_with_null(program, binary, argv, {1: out, 2: err, **link}, held)

    def spawn_with_null(self, program, binary, argv, numbers, held=(), more=None):
        null = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        env = {**self.env, **more} if more else self.env
        try:
            program.pid = spawn(self.identity, binary, argv, env, self.workspace, {0: null, **numbers}, held)
        finally:
            os.close(null)
