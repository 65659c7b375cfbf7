"""Who does what as whom. Process 1 is root with SETUID, SETGID and KILL alone; code runs as a user without any."""

import os


class Identity:
    def __init__(self, uid, gid):
        self.uid = uid
        self.gid = gid

    def __enter__(self):
        """Files and pipes made inside belong to the user; the real ids stay root's, so nobody may signal or trace us."""
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

        With the real id swapped, kill(2) reaches the user's processes and not root's preloaded one. The kernel walks
        all processes under one lock, and a process with a pending SIGKILL cannot finish a fork.
        """
        os.setresuid(self.uid, self.uid, 0)
        try:
            os.kill(-1, number)
        except (ProcessLookupError, PermissionError):
            pass
        finally:
            os.setresuid(0, 0, 0)


def stat_of(path):
    """The fields behind the name, of which the first is the state; a process that has gone is an `X`."""
    try:
        # A process may have any bytes for a name.
        with open(path, errors="replace") as file:
            return file.read().rpartition(") ")[2].split() or ["X"]
    except OSError:
        return ["X"]


def others(*known):
    """Processes of the container beside us and those given, zombies included."""
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != 1 and int(pid) not in known]
