"""What outlives processes: shared memory, message queues and semaphores. It ends with what made it."""

import os

PLACES = ("/dev/shm", "/dev/mqueue")
#: The kernel's tables.
TABLES = ("shm", "msg", "sem")


def remove(identity):
    with identity:
        for place in PLACES:
            try:
                names = os.listdir(place)
            except OSError:
                continue
            for name in names:
                remove_tree(place + "/" + name)
        for table in TABLES:
            for number in numbers(table):
                forget(table, number)


def remove_tree(path):
    """Follows no link, and minds no depth; what cannot be removed is not the user's."""
    waiting, folders = [path], []
    while waiting:
        one = waiting.pop()
        try:
            os.unlink(one)
        except IsADirectoryError:
            folders.append(one)
            try:
                waiting += [one + "/" + name for name in os.listdir(one)]
            except OSError:
                pass
        except OSError:
            pass
    for one in reversed(folders):
        try:
            os.rmdir(one)
        except OSError:
            pass


def numbers(table):
    try:
        with open("/proc/sysvipc/" + table) as file:
            lines = file.readlines()[1:]
    except OSError:
        return []
    return [int(line.split()[1]) for line in lines]


def forget(table, number):
    # It takes longer to load than a container has for its start, and is hardly ever wanted.
    import ctypes

    # `IPC_RMID` is 0, and so may be all else that shmctl, msgctl and semctl take with it.
    getattr(ctypes.CDLL(None), table + "ctl")(number, 0, 0)
