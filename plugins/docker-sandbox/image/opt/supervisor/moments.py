"""The moment at which the bash of a session cannot miss an interrupt.

Bash takes one when the command that it waits for dies of it, or when it waits for none. It misses one while it hears of a
command's end. A child that is no command yet takes one as the shell does, and reads on in its place. So the whole group is
stopped and looked at until neither is under way. Then the shells are interrupted, and once they know, their commands are.
Steps wait for what processes have done, and not for a time: on a busy machine they just come later.
"""

import _signal
import os

from freezer import STILL
from rights import others, stat_of

#: How often a moment is looked for, seconds until the next look, how that grows, and its most.
LOOKS, LOOK, GROWTH, LONGEST = 80, 0.001, 1.08, 0.05
#: A shell that has so often been seen to have run on, and to have heard of no command's end, waits for none.
QUIET = 3
#: How often it is said at most, seconds until it is said again, and how that grows.
TIMES, HEARS, SLOWER = 4, 0.1, 2


class Moment:
    def __init__(self, program, identity):
        self.program = program
        self.shell = program.pid
        self.identity = identity
        self.times = TIMES
        self.hears = HEARS
        #: Who is interrupted when the shells know, and who of them is not yet.
        self.told = self.left = set()
        self.begin()

    def begin(self):
        self.step = self.stop
        self.looks = LOOKS
        self.pause = LOOK
        #: Of each shell without a command: looks that saw it so, ticks that it had run, and faults of the ended commands.
        self.quiet = {}

    def look(self):
        """Returns the seconds until it wants to look again, or None."""
        try:
            return self.step()
        except ProcessLookupError:
            # The shell has ended, or leads no group yet.
            self.step = self.stop
            return LOOK

    def leave(self):
        """The cell has ended, and what it waited for ends as well."""
        if self.step == self.tell:
            send(_signal.SIGINT, self.left)
        if self.step in (self.tell, self.choose):
            send(_signal.SIGCONT, [-self.shell])

    def stop(self):
        self.before = group_of(self.shell)
        os.killpg(self.shell, _signal.SIGSTOP)
        self.step = self.choose
        return self.choose()

    def choose(self):
        group = group_of(self.shell)
        if not all(state in STILL for state, *_ in group.values()):
            # Who was forked just now, or woken by another, is stopped as well.
            os.killpg(self.shell, _signal.SIGSTOP)
            return LOOK
        self.looks -= 1
        # Only the user may look.
        with self.identity:
            shells = set(filter(self.is_shell, group))
        copies = set(filter(is_copy, shells - {self.shell}))
        if self.looks > 0 and not all([self.is_sure(pid, group, copies) for pid in shells - copies]):
            os.killpg(self.shell, _signal.SIGCONT)
            self.step = self.stop
            self.pause = min(self.pause * GROWTH, LONGEST)
            return self.pause
        self.first = shells & {parent for _, parent, *_ in group.values()} | {self.shell}
        # Whoever has a group of its own, as `timeout` has, is told where nobody else has heard.
        more = group if self.times < TIMES else ()
        self.told = self.left = group_of(self.shell, more).keys() - self.first
        send(_signal.SIGINT, self.first)
        send(_signal.SIGCONT, self.first)
        self.step = self.tell
        return LOOK

    def is_shell(self, pid):
        return pid == self.shell or binary_of(pid) == binary_of(self.shell)

    def is_sure(self, shell, group, copies):
        """Whether this one cannot miss an interrupt."""
        if has(shell, ("SigBlk:",), _signal.SIGINT):
            # It starts a command, and lets it in before it waits for that.
            return True
        commands = [pid for pid, (_, parent, *_) in group.items() if parent == shell and not ignores(pid)]
        if commands:
            self.quiet.pop(shell, None)
            return not any(group[pid][0] == "Z" or pid in copies for pid in commands)
        _, _, faults, ran = group[shell]
        looks, before, known = self.quiet.get(shell, (0, 0, faults))
        if faults != known:
            self.quiet[shell] = 0, ran, faults
            return False
        if ran > before or self.was_idle(shell):
            self.quiet[shell] = looks + 1, ran, faults
        return looks + 1 >= QUIET

    def was_idle(self, shell):
        """Whether it slept, and not for the sake of a command."""
        if shell not in self.before or self.before[shell][0] != "S":
            return False
        return all(parent != shell or ignores(pid) for pid, (_, parent, *_) in self.before.items())

    def tell(self):
        """Once the shells know, whoever dies of it ends their cell."""
        if any(is_taking(pid) for pid in self.first):
            return LOOK
        with self.identity:
            copies = {pid for pid in self.left if is_copy(pid) and self.is_shell(pid)}
        send(_signal.SIGINT, self.left - copies)
        send(_signal.SIGCONT, [-self.shell])
        if copies:
            # Each is told when it has become what it was forked for.
            self.left = copies
            return LOOK
        # An interrupt also takes the line that bash was about to read.
        self.program.ask_again()
        self.times -= 1
        self.hears *= SLOWER
        self.step = self.listen
        return self.hears

    def listen(self):
        if self.times <= 0 or self.is_handled():
            return None
        self.begin()
        return self.stop()

    def is_handled(self):
        """Whether a command has outlived it, as bash lets any command do that takes interrupts by itself.

        One that ignores them may be a background command, which bash starts in that way."""
        left = self.told & group_of(self.shell).keys()
        with self.identity:
            # Of one that is just ending the binary cannot be told.
            return any(has(pid, ("SigCgt:",), _signal.SIGINT) and binary_of(pid) and not self.is_shell(pid) for pid in left)


def send(number, pids):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def group_of(shell, parents=()):
    """Process id to state, parent, page faults of its ended children, and ticks run, of each in the shell's group.

    With the children of these `parents`, in whatever group."""
    found = {}
    for pid in others():
        fields = stat_of("/proc/%s/stat" % pid)
        if fields[0] != "X" and (int(fields[2]) == shell or int(fields[1]) in parents):
            found[int(pid)] = fields[0], int(fields[1]), fields[8], int(fields[11]) + int(fields[12])
    return found


def binary_of(pid):
    try:
        return os.readlink("/proc/%d/exe" % pid)
    except OSError:
        return None


def ignores(pid):
    return has(pid, ("SigIgn:",), _signal.SIGINT)


def is_taking(pid):
    """Whether an interrupt is on its way; one that bash holds back reaches it when it waits for no command."""
    return has(pid, ("SigPnd:", "ShdPnd:"), _signal.SIGINT) and not has(pid, ("SigBlk:",), _signal.SIGINT)


def is_copy(pid):
    """Just forked, a copy of bash ignores or catches what the shell does, or holds interrupts back; no subshell does."""
    return has(pid, ("SigIgn:", "SigCgt:"), _signal.SIGTERM) or has(pid, ("SigBlk:",), _signal.SIGINT)


def has(pid, masks, number):
    """Whether a signal is in one of these masks of the process."""
    try:
        with open("/proc/%d/status" % pid, errors="replace") as file:
            return any(line.startswith(masks) and int(line.split()[1], 16) & 1 << number - 1 for line in file)
    except OSError:
        return False
