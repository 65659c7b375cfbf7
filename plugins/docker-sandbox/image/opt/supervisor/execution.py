"""One execution, from its code to an end that was observed."""

import _signal
import os
from time import monotonic

import cgroup
import files
from moments import Moment
from programs import HOME
from streams import DRAINING, KILLING, RUNNING, SOON, STOPPING, Streams
from wire import END, ERROR, FILE, HIGH, INPUT_REQUEST, RESULT, STARTED

GRACE = 0.25
#: An interpreter that waits answers an interrupt so soon.
HEARS = 0.06
REPEAT = 0.3
#: After SIGKILL to everybody; then process 1 ends, and the container with it.
PATIENCE = 5.0
#: Files that are told of one execution; of more the end says that some are missing.
MOST_FILES = 10000
#: The same numbers stand in `session/meter.ts`; a larger result is refused by the host's parser.
MOST_RESULTS = 10000
OVERHEAD = 512
LARGEST_RESULT = 8 * 1024 * 1024
NEVER_BEGUN = b'{"name": "Error", "message": "the interpreter of %s ended before it could read the code"}'
#: Of two names the one that comes first, as in Python's own `signal.Signals`.
NAMES = {
    int(getattr(_signal, name)): name
    for name in reversed(dir(_signal))
    if name.startswith("SIG") and not name.startswith("SIG_")
}
with open(HOME + "/python/shell") as file:
    #: What runs cells of Python, as the image's build has found out.
    SHELL = file.read()


class Execution(Streams):
    def __init__(self, supervisor, request, program, lost):
        self.supervisor = supervisor
        self.outbox = supervisor.outbox
        self.id = request["id"]
        #: Whether everything ends with it.
        self.program_alone = request["program"]
        self.began = monotonic()
        self.attach(program)
        self.state = RUNNING
        #: Why it is being stopped: timeout or killed.
        self.reason = None
        self.interrupted = False
        #: When Node, which was told to stop, is sent a signal.
        self.again = None
        #: Looks for the moment at which bash hears an interrupt.
        self.moment = None
        self.reported = None
        self.asked = False
        self.lost = lost
        #: Whether its interpreter ended before it could read the cell, and another was begun.
        self.replaced = False
        #: Bytes of standard input that the program took and the host was not told of.
        self.taken = 0
        self.allowed = request["output"]
        self.dropped = 0
        self.results = 0
        self.error = None
        self.truncated = False
        self.cpu = cgroup.cpu_ms() or 0
        self.kills = cgroup.oom_kills()
        self.next = self.began + request["timeout"] / 1000 if request["timeout"] else None
        self.give_up = None
        shell = {"shell": SHELL} if program.language == "python" and program.stateful else {}
        self.outbox.control(STARTED, {"id": self.id, **shell})

    def attach(self, program):
        self.program = program
        for stream in program.streams:
            stream.left = None
            # Nobody looks at what a short one prints before its end.
            stream.resume_at = self.began + SOON
            stream.held = b""

    # --- what the program says

    def report(self, kind, payload):
        """A message of the interpreter. It is code's word, so it ends nothing but a cell of its own."""
        if kind in (ord("r"), ord("i")):
            self.catch_up()
        if kind == ord("r"):
            self.results += 1
            if self.results <= MOST_RESULTS and len(payload) <= LARGEST_RESULT and self.charge(payload):
                self.outbox.send(RESULT, payload)
            else:
                self.truncated = True
                self.dropped += len(payload)
        elif kind == ord("i"):
            if self.charge(payload[:65536]):
                self.asked = True
                self.outbox.send(INPUT_REQUEST, payload[:65536])
            else:
                self.truncated = True
                # It has said more than it may, and reads the end of its input.
                if not self.program.unsent:
                    self.program.write(ord("i"), b"")
        elif kind == ord("e"):
            # The last one counts. It is sent with the end, so that a flood of them costs the host nothing.
            if len(payload) <= 65536:
                self.error = payload
        elif kind == ord("d") and self.state == STOPPING:
            # It has taken the hint; what it started may not have.
            self.kill()
        elif kind == ord("d") and self.program.stateful and self.state == RUNNING and self.reported is None:
            try:
                code, interrupted, token = payload.split()
                code, interrupted = int(code), int(interrupted)
            except ValueError:
                return
            # Not one of an earlier cell, nor one of who does not know what the interpreter was told.
            if token == self.supervisor.token:
                self.reported = code & 0xFF
                self.interrupted = self.interrupted and interrupted == 1
                self.drain()

    def charge(self, payload):
        """Whether the execution may say so much more."""
        cost = len(payload) + OVERHEAD
        if cost > self.allowed:
            return False
        self.allowed -= cost
        return True

    def exited(self):
        """Its process is gone: seen by wait(2)."""
        if self.state == RUNNING:
            if self.program_alone:
                self.kill()
            elif self.unheard() and not (self.lost or self.replaced or self.interrupted):
                # What an earlier cell left behind, such as an alarm, has ended its interpreter.
                self.catch_up()
                self.replaced = True
                # One that was started ahead, and got its first cell now, had no state to lose.
                self.lost = self.program.cells > 1
                self.supervisor.begin_again(self)
            else:
                # A session's other interpreters, and what they started, live on.
                self.supervisor.signal(self.program, _signal.SIGKILL)
                self.drain()
        elif self.state == STOPPING:
            self.kill()

    def unheard(self):
        return self.program.stateful and not self.program.has_begun()

    # --- how it ends

    def interrupt(self):
        if self.state == RUNNING and self.reported is None:
            self.interrupted = True
            program = self.program
            if program.language == "javascript" and program.stateful and self.again is None:
                # Node may lose a signal, or die of it, at the edges of a busy loop: one that waits is told in words, and
                # one that does not hear them is busy.
                program.write(ord("x"), b"%d" % self.supervisor.number)
                self.again = monotonic() + HEARS
                return
            if program.bash:
                self.moment = Moment(program, self.supervisor.identity)
                return self.look()
            if self.again is not None:
                self.again = monotonic() + REPEAT
            self.supervisor.signal(program, _signal.SIGINT)

    def look(self):
        wait = self.moment.look()
        self.again = None if wait is None else monotonic() + wait

    def leave(self):
        if self.moment is not None:
            self.moment.leave()
            self.moment = None

    def stop(self, reason):
        """SIGINT to everybody, a short grace, then SIGKILL to everybody."""
        if self.state == RUNNING or (self.state == DRAINING and self.reason is None and reason == "killed"):
            self.reason = reason
            self.state = STOPPING
            self.leave()
            self.next = monotonic() + GRACE
            self.supervisor.identity.kill_all(_signal.SIGINT)

    def kill(self):
        self.state = KILLING
        self.give_up = monotonic() + PATIENCE
        self.next = 0.0

    def drain(self):
        """What was written before the end is delivered before it."""
        self.state = DRAINING
        self.next = None
        self.leave()
        for stream in self.program.streams:
            if stream.open:
                stream.left = stream.queued()
                stream.resume_at = 0.0
                while stream.open and stream.left and self.outbox.size < HIGH:
                    self.read(stream)
            if not stream.left:
                self.release(stream)

    def tick(self, now):
        """Returns when it wants to be called again, or None."""
        if self.next is not None and now >= self.next:
            if self.state == RUNNING:
                self.stop("timeout")
            elif self.state == STOPPING:
                self.kill()
        if self.state == KILLING and now >= self.next:
            self.supervisor.identity.kill_all(_signal.SIGKILL)
            self.supervisor.reap()
            if not self.supervisor.alive() and self.program.status is not None:
                self.drain()
            elif now > self.give_up:
                os._exit(1)
            else:
                self.next = now + 0.002
        if self.state == DRAINING and not any(stream.open and stream.left for stream in self.program.streams):
            self.finish()
            return None
        if self.again is not None and self.state == RUNNING:
            if now >= self.again:
                self.look() if self.program.bash else self.interrupt()
            # The last time an interrupt is said, there is no time for another.
            return min((time for time in (self.again, self.next) if time is not None), default=None)
        return self.next

    def finish(self):
        program, status = self.program, self.program.status
        for stream in program.streams:
            self.release(stream)
        code, signal, ending = self.reported, None, "exited"
        if self.reason:
            code, ending = None, self.reason
            if status is not None and os.WIFSIGNALED(status):
                signal = NAMES.get(os.WTERMSIG(status))
            signal = signal or "SIGKILL"
        elif code is None:
            if os.WIFSIGNALED(status):
                ending, signal = "signalled", NAMES.get(os.WTERMSIG(status), "SIG%d" % os.WTERMSIG(status))
            else:
                code = os.WEXITSTATUS(status)
            if (signal == "SIGKILL" or code == 137) and cgroup.oom_kills() > self.kills:
                ending, code, signal = "oom", None, "SIGKILL"
        elif self.interrupted:
            ending, code, signal = "signalled", None, "SIGINT"
        if self.reported is None and not self.reason and self.unheard():
            # Whatever code it ended with is none of the cell's.
            ending, code, signal, self.error = "lost", None, None, NEVER_BEGUN % program.language.encode()
        lost = self.lost or self.reason is not None or (status is not None and program.stateful)
        self.truncated = not self.tell_files() or self.truncated
        end = {
            "id": self.id,
            "status": ending,
            "exitCode": code,
            "signal": signal,
            "stateLost": lost,
            "wallMs": (monotonic() - self.began) * 1000,
            "cpuMs": max(0, (cgroup.cpu_ms() or 0) - self.cpu),
            "peakBytes": cgroup.peak(),
        }
        if self.truncated:
            end["truncated"] = True
            end["droppedBytes"] = self.dropped
        self.supervisor.finished(self)
        if self.error is not None:
            self.outbox.send(ERROR, self.error)
        self.outbox.control(END, end)

    def tell_files(self):
        """Whether every one is told."""
        supervisor = self.supervisor
        if supervisor.files.still_empty(supervisor.workspace):
            return True
        with supervisor.identity:
            found = files.walk(supervisor.workspace)
        changed = [path for path, state in found.items() if supervisor.files.get(path) != state]
        supervisor.files = found
        for path in sorted(changed)[:MOST_FILES]:
            self.outbox.control(FILE, {"path": path, "size": found[path][0]})
        return found.whole and len(changed) <= MOST_FILES
