"""Files of the workspace, reached step by step from its folder without following any link, as the user.

Nothing is half-written: a file appears under its name when it is complete. Works without forking, so also when the
program has used up its processes.
"""

import errno
import os
import stat
from time import time_ns

# Without O_DIRECTORY: with it gVisor follows links in spite of O_NOFOLLOW. O_NONBLOCK, since a name may be a pipe's.
FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CODES = {2: "SLUICE_FILE_NOT_FOUND", 20: "SLUICE_FILE_NOT_FOUND", 28: "SLUICE_FILE_TOO_LARGE", 40: "SLUICE_FILE_OUTSIDE"}
#: Entries that are looked at; who makes more is told that some are missing.
MOST = 50000
DEEPEST = 32
#: Nanoseconds after which another change has another time.
SETTLED = 50_000_000


class FileError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def failure(error, path):
    if isinstance(error, FileError):
        return error
    code = CODES.get(error.errno, "SLUICE_FILE_FAILED")
    words = "links are not followed" if error.errno == errno.ELOOP else error.strerror or error
    return FileError(code, "%s: %s" % (path, words))


def parts_of(path):
    parts = path.split("/")
    if not path or path.startswith("/") or "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise FileError("SLUICE_FILE_OUTSIDE", "%s is not a path inside the workspace" % path)
    return parts


def open_folder(name, at=None):
    """Raises OSError: ELOOP for a link, which it does not follow, and ENOTDIR for what is no folder."""
    folder = os.open(name, FOLDER, dir_fd=at)
    if stat.S_ISDIR(os.fstat(folder).st_mode):
        return folder
    os.close(folder)
    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))


def descend(workspace, folders, make):
    """A descriptor of the folder; refuses links on the way."""
    at = open_folder(workspace)
    try:
        for name in folders:
            if make:
                try:
                    os.mkdir(name, 0o755, dir_fd=at)
                except FileExistsError:
                    pass
            at, before = open_folder(name, at), at
            os.close(before)
        return at
    except BaseException:
        os.close(at)
        raise


class Upload:
    def __init__(self, workspace, path, size):
        parts = parts_of(path)
        self.path = path
        self.name = parts[-1]
        self.left = size
        self.folder = descend(workspace, parts[:-1], True)
        self.temporary = ".sluice-%s" % os.urandom(8).hex()
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self.fd = os.open(self.temporary, flags, 0o644, dir_fd=self.folder)
        except BaseException:
            os.close(self.folder)
            raise

    def write(self, data):
        """True when the file is complete and in its place."""
        if data.startswith((b"#!", b"\x7fELF")) and os.fstat(self.fd).st_size == 0:
            # Of a file's rights nobody tells, and this one is there to be run.
            os.fchmod(self.fd, 0o755)
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view) :]
        self.left -= len(data)
        if self.left > 0:
            return False
        self.state = state_of(os.fstat(self.fd))
        os.rename(self.temporary, self.name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
        self.temporary = None
        self.close()
        return True

    def close(self):
        if self.temporary is not None:
            try:
                os.unlink(self.temporary, dir_fd=self.folder)
            except OSError:
                pass
        os.close(self.fd)
        os.close(self.folder)


class Download:
    def __init__(self, workspace, path, most):
        parts = parts_of(path)
        folder = descend(workspace, parts[:-1], False)
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            self.fd = os.open(parts[-1], flags, dir_fd=folder)
        finally:
            os.close(folder)
        found = os.fstat(self.fd)
        self.left = self.size = found.st_size
        problem = None
        if not stat.S_ISREG(found.st_mode):
            problem = FileError("SLUICE_FILE_NOT_FOUND", "%s is not a regular file" % path)
        elif self.size > most:
            problem = FileError("SLUICE_FILE_TOO_LARGE", "%s has %d bytes, the limit is %d" % (path, self.size, most))
        if problem:
            os.close(self.fd)
            raise problem

    def read(self, most):
        data = os.read(self.fd, min(most, self.left))
        self.left = self.left - len(data) if data else -1
        return data

    def close(self):
        os.close(self.fd)


def state_of(found):
    """What tells a file that was changed from one that was not."""
    return found.st_size, found.st_mtime_ns, found.st_ino


class Found(dict):
    """`path -> (size, mtime, inode)` of regular files."""

    #: Whether none is missing.
    whole = True
    #: When a folder without any entry was changed last.
    empty = None

    def still_empty(self, workspace):
        """Known without a walk: whatever comes into a folder changes its time."""
        return self.empty is not None and self.empty == os.stat(workspace).st_ctime_ns


def entries_of(workspace, prefix):
    """What is in a folder; nothing where that cannot be read."""
    try:
        folder = descend(workspace, prefix.split("/")[:-1], False)
        try:
            with os.scandir(folder) as entries:
                yield from entries
        finally:
            os.close(folder)
    except OSError:
        pass


def walk(workspace, most=MOST):
    """The files of the workspace; hidden ones and caches are left out. Bounded."""
    found = Found()
    changed = os.stat(workspace).st_ctime_ns
    pending = [""]
    seen = 0
    while pending:
        prefix = pending.pop()
        for entry in entries_of(workspace, prefix):
            seen += 1
            if seen > most:
                found.whole = False
                return found
            name = entry.name
            if name.startswith(".") or name == "__pycache__":
                continue
            try:
                state = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISREG(state.st_mode):
                found[prefix + name] = state_of(state)
            elif stat.S_ISDIR(state.st_mode) and prefix.count("/") < DEEPEST:
                pending.append(prefix + name + "/")
    if seen == 0 and time_ns() - changed > SETTLED:
        found.empty = changed
    return found
