"""A program of its own: its file in the workspace, its command line and its standard input."""

import fcntl
import os

import files
from wire import Outlet

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SET_PIPE_SIZE = 1031
#: What the name of code that has none ends with, by language.
ENDINGS = {"python": ".py", "javascript": ".js", "typescript": ".ts", "bash": ".sh"}
#: What stands before the file's name on the command line.
HELPERS = {
    "python": ["-I", "-S", HOME + "/programs/python.py"],
    "javascript": ["--require", HOME + "/programs/node.cjs"],
    "typescript": ["--require", HOME + "/programs/node.cjs"],
}
#: Descriptors of a program's helper: what it is told, and what it reports. Far above those that people use.
CONTROL, REPORT = 203, 204


def place(workspace, request, language, code):
    """Writes the program into the workspace as the user. Returns its path there, and whether it is ours to remove.

    Code without a name gets a hidden one that is not taken: `sys.path[0]` and `require` start at the workspace, and
    nothing of the user's is written over.
    """
    name = request.get("file")
    ours = name is None
    if request.get("placed"):
        return "/".join(files.parts_of(name)), False
    if ours:
        number, ending = 1, ENDINGS.get(language, "")
        name = ".program" + ending
        while os.path.lexists(workspace + "/" + name):
            number += 1
            name = ".program-%d%s" % (number, ending)
    upload = files.Upload(workspace, name, len(code))
    try:
        upload.write(code)
    except OSError:
        upload.close()
        raise
    return name, ours


def command(language, binary, name, request):
    """The whole command line. A leading dash would make an option of a file's name."""
    path = "./" + name if name.startswith("-") else name
    mode = [request["stdin"]] if language == "python" else []
    return [os.path.basename(binary)] + HELPERS.get(language, []) + mode + [path] + request["args"]


def find(name, path):
    if "/" in name or name.startswith("-") or not name:
        return None
    for folder in path.split(":"):
        full = folder + "/" + name
        if os.path.isfile(full) and os.access(full, os.X_OK):
            return full
    return None


def lines_of(variables):
    """As an interpreter is told them; no name or value has a NUL in it."""
    return "\0".join(name + "=" + value for name, value in variables.items()).encode()


class Feed(Outlet):
    """What the host sends of a program's standard input, on its way into the program's pipe."""

    #: Bytes that the host may send before the program has taken any.
    WINDOW = 256 * 1024

    def __init__(self):
        self.end, ours = os.pipe()
        super().__init__(ours)
        try:
            fcntl.fcntl(self.fd, SET_PIPE_SIZE, self.WINDOW)
        except OSError:
            pass
        self.over = False

    def take(self, data):
        """Nothing is the end of it."""
        self.add(data)
        self.over = self.over or not data

    def write(self):
        """Gives the pipe what it takes; returns how many bytes those were."""
        before = self.size
        try:
            self.flush()
        except OSError:
            # The program reads no more of it, and the host is given no room for more.
            before = 0
            self.clear()
            self.over = True
        taken = before - self.size
        if self.over and not self.size:
            os.close(self.fd)
            self.fd = None
        return taken
