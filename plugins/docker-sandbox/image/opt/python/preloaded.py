"""Imports the heavy packages once, as root without any right but to drop it, and forks interpreters from itself.

No code of a user runs here. Descriptor 3 leads to process 1.
"""

import gc
import os
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
    gc.collect()
    gc.freeze()
    channel.send(b"ready")
    while True:
        word, rights, _, _ = socket.recv_fds(channel, 256, 4)
        if not word:
            os._exit(0)
        if is_orphan(channel):
            become(rights, uid, gid, workspace)
            return shell
        for descriptor in rights:
            os.close(descriptor)


def is_orphan(channel):
    """Forks, and says whether this is the child. Its parent ends at once: so it is process 1 that sees its end."""
    preloaded = os.getpid()
    try:
        pid = os.fork() or os.fork()
        if pid == 0:
            return True
        if os.getpid() == preloaded:
            os.waitpid(pid, 0)
        else:
            channel.send(b"%d" % pid)
    except OSError:
        channel.send(b"failed")
    if os.getpid() != preloaded:
        os._exit(0)
    return False


serve(203, 204, main())
