"""Between executions nothing of the user's runs: all of it is stopped, and goes on with the next execution.

A container cannot reach its own cgroup's freezer, so it is SIGSTOP, which no program can hold back. One that is not
stopped yet may wake one that is; so it is sent again until all have been seen to stand still twice.
"""

import _signal
import os

from rights import others, stat_of

AGAIN = 0.002
#: Seconds in which all must stand still. Who keeps on waking others is ended.
PATIENCE = 5.0
#: Stopped, ended, or in the kernel, from where it comes back into a stop.
STILL = "TtZXD"


class Freezer:
    def __init__(self, supervisor):
        self.supervisor = supervisor
        #: Whether they were stopped.
        self.frozen = False
        #: When to look again; None when all stand still.
        self.next = None
        self.seen = 0
        self.give_up = 0.0

    def freeze(self):
        """With the next `tick`, which is after the end was told and before any more of the host is heard."""
        self.next = 0.0

    def thaw(self):
        self.next = None
        if self.frozen:
            self.frozen = False
            # As root: who goes on at once may signal a process 1 that bears its number. Root's own minds no SIGCONT.
            try:
                os.kill(-1, _signal.SIGCONT)
            except ProcessLookupError:
                pass

    def tick(self, now):
        """Returns when it wants to be called again, or None."""
        if self.next is None or now < self.next:
            return self.next
        if not self.frozen:
            self.frozen = True
            self.give_up = now + PATIENCE
            self.stop(_signal.SIGSTOP)
        elif all(map(is_still, self.supervisor.alive())):
            self.seen += 1
        else:
            self.stop(_signal.SIGKILL if now > self.give_up else _signal.SIGSTOP)
        self.next = None if self.seen == 2 else now + AGAIN
        return self.next

    def stop(self, number):
        self.seen = 0
        self.supervisor.identity.kill_all(number)


def is_still(pid):
    """Whether no thread of it runs; one that has gone meanwhile does not."""
    state = stat_of("/proc/%s/stat" % pid)[0]
    if state != "Z":
        return state in STILL
    try:
        # Its first thread has ended; the others may run on.
        threads = os.listdir("/proc/%s/task" % pid)
        return all(stat_of("/proc/%s/task/%s/stat" % (pid, each))[0] in STILL for each in threads)
    except OSError:
        return True
