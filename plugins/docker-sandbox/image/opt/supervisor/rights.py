"""Who does what as whom. Process 1 is root with SETUID, SETGID and KILL alone; code runs as a user without any."""

import os


class Identity:
    def __init__(self, uid, gid):
        self.uid = uid
        self.gid = gid
        #: The real user of process 1, as whom nothing runs.
        self.real = uid - 1 if uid > 1 else uid + 1

    def take(self):
        """Process 1 shares no id with the user by which it may be signalled, and its real one with nobody."""
        os.setresuid(self.real, 0, 0)

    def __enter__(self):
        """Files and pipes made inside belong to the user; our real id stays, so nobody may signal or trace us."""
        os.setegid(self.gid)
        os.seteuid(self.uid)

    def __exit__(self, *_):
        os.seteuid(0)
        os.setegid(0)

    def drop(self):
        """For good, in a child. The OOM killer takes it before process 1."""
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        os.setgroups([])
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)

    def kill_all(self, number):
        """Signals every process of the user at once; forking is not needed.

        With the effective id swapped, kill(2) reaches the user's processes and not root's preloaded one. No id by which
        others may signal us is swapped: those are the real and the saved one. The kernel walks all processes under one
        lock, and a process with a pending SIGKILL cannot finish a fork.
        """
        os.seteuid(self.uid)
        try:
            os.kill(-1, number)
        except (ProcessLookupError, PermissionError):
            pass
        finally:
            os.seteuid(0)


def stat_of(path):
    """The fields behind the name, of which the first is the state; a process that has gone is an `X`."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ["X"]
    try:
        # A process may have any bytes for a name.
        return os.read(fd, 4096).decode("latin-1").rpartition(") ")[2].split() or ["X"]
    except OSError:
        return ["X"]
    finally:
        os.close(fd)


def others(*known):
    """Processes of the container beside us and those given, zombies included."""
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != 1 and int(pid) not in known]
