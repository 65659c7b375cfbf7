"""What outlives processes: shared memory, message queues and semaphores. It ends with what made it."""

import os

PLACES = ("/dev/shm", "/dev/mqueue")
REMOVE = 0
#: The kernel's table, and the call that removes an entry of it.
TABLES = {"shm": "shmctl", "msg": "msgctl", "sem": "semctl"}


def remove(identity):
    with identity:
        for place in PLACES:
            try:
                names = os.listdir(place)
            except OSError:
                continue
            for name in names:
                remove_tree(place + "/" + name)
        for table, call in TABLES.items():
            for number in numbers(table):
                forget(call, number)


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


def forget(call, number):
    # It takes longer to load than a container has for its start, and is hardly ever wanted.
    import ctypes

    function = getattr(ctypes.CDLL(None), call)
    if call == "semctl":
        function(number, 0, REMOVE)
    else:
        function(number, REMOVE, None)
