"""Imports the heavy packages once, as root without any right but to drop it, and forks interpreters from itself.

No code of a user runs here. Descriptor 3 leads to process 1.
"""

import gc
import os
import select
import sys

sys.path[0] = __file__.rpartition("/")[0]

from sluice_worker.session import prepare, serve  # noqa: E402, I001
from sluice_worker.hooks import fonts  # noqa: E402

import shutil  # noqa: E402  Later, so that what runs cells is imported as it wants to be.
import signal  # noqa: E402
import socket  # noqa: E402


def preload(modules):
    """What an image lacks is left out: it is a matter of speed alone."""
    cache = "/tmp/.sluice-%s" % os.urandom(8).hex()
    wanted = os.environ.get("MPLCONFIGDIR")
    os.environ["MPLCONFIGDIR"] = cache
    try:
        fonts()
        for name in modules:
            try:
                __import__(name)
            except Exception:
                pass
    finally:
        shutil.rmtree(cache, ignore_errors=True)
        if wanted:
            os.environ["MPLCONFIGDIR"] = wanted


def become(rights, uid, gid, workspace):
    """In the child: from root's preloaded process to a user's interpreter."""
    import ctypes

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for want, have in zip((1, 2, 203, 204), rights):
        os.dup2(have, want, want < 3)
    os.closerange(3, 203)
    os.closerange(205, 4096)
    os.setsid()
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    # Changing the user made its own /proc entries root's, /dev/stdout among them.
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
    os.chdir(workspace)


def main():
    uid, gid, workspace = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    # Its children are born with it held back, and let it in where it can find a program to interrupt.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    preload(sys.argv[4:])
    shell = prepare()
    shell.warm()
    channel = socket.socket(fileno=3)
    wake, wake_end = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(wake_end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
    gc.collect()
    gc.freeze()
    channel.send(b"ready")
    poll = select.poll()
    poll.register(3, select.POLLIN)
    poll.register(wake, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == wake:
                os.read(wake, 4096)
                report_ends(channel)
                continue
            word, rights, _, _ = socket.recv_fds(channel, 256, 4)
            if not word:
                os._exit(0)
            try:
                pid = os.fork()
            except OSError:
                channel.send(b"failed")
            else:
                if pid == 0:
                    become(rights, uid, gid, workspace)
                    return shell
                channel.send(b"forked %d" % pid)
            for descriptor in rights:
                os.close(descriptor)


def report_ends(channel):
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        channel.send(b"exit %d %d" % (pid, status))


serve(203, 204, main())
