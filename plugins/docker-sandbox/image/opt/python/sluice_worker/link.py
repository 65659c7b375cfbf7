"""The two pipes between an interpreter and process 1: u32 length, u8 kind, payload.

Libraries are not used here, only their parts in C: a program has its own of any name, and code replaces functions of `os`.
"""

import posix
from _thread import allocate_lock

try:
    from _json import encode_basestring_ascii as quoted
except ImportError:
    from json.encoder import py_encode_basestring_ascii as quoted

LONGEST = 20 * 1024 * 1024
LONGEST_WORDS = 4000


class Link:
    def __init__(self, inward, outward):
        self.inward = inward
        self.outward = outward
        posix.set_inheritable(inward, False)
        posix.set_inheritable(outward, False)
        self.owner = posix.getpid()
        #: Whether a cell runs: somebody answers questions then, and at no other time.
        self.active = False
        self.writing = allocate_lock()
        self.asking = allocate_lock()
        self.reading = allocate_lock()
        #: What a thread that asked has read although it was not the answer.
        self.kept = []
        #: Called when there is something.
        self.wake = lambda: None

    def is_copy(self):
        """Whether the user's code has forked this process."""
        return posix.getpid() != self.owner

    def receive(self):
        """`(kind, payload)`; None when process 1 is gone."""
        with self.reading:
            return self.kept.pop(0) if self.kept else self._frame()

    def _frame(self):
        header = self._exactly(5)
        if header is None:
            return None
        payload = self._exactly(int.from_bytes(header[:4], "big"))
        return None if payload is None else (chr(header[4]), payload)

    def _exactly(self, size):
        data = bytearray()
        while len(data) < size:
            try:
                piece = posix.read(self.inward, min(size - len(data), 1024 * 1024))
            except OSError:
                # The code closed all descriptors, as daemons do.
                return None
            if not piece:
                return None
            data += piece
        return bytes(data)

    def send(self, kind, payload):
        """From the interpreter itself only: a process forked by the user's code has nothing to report."""
        if self.is_copy() or len(payload) > LONGEST:
            return False
        data = memoryview(len(payload).to_bytes(4, "big") + kind.encode() + payload)
        try:
            with self.writing:
                while data:
                    data = data[posix.write(self.outward, data) :]
        except OSError:
            # The code closed all descriptors, as daemons do.
            return False
        return True

    def ask(self, prompt, secret):
        """A line from whoever started the run; None at the end of file, and at once where nobody can answer."""
        question = '{"prompt": %s, "secret": %s}' % (quoted(prompt), "true" if secret else "false")
        with self.asking:
            if not self.active or not self.send("i", question.encode()):
                return None
            with self.reading:
                answer = self._frame()
                if answer is not None and answer[0] != "i":
                    # The cell is over, and this is the next one.
                    self.kept.append(answer)
                    self.wake()
                    return None
        if answer is None or not answer[1].startswith(b"+"):
            return None
        return answer[1][1:].decode("utf-8", "replace")


def message_of(error, trace, filename):
    """The report to process 1, with the last line of the code that took part."""
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == filename else None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        words = "%.*s" % (LONGEST_WORDS, error)
    except BaseException:
        words = ""
    place = ', "line": %d' % line if line else ""
    return ('{"name": %s, "message": %s%s}' % (quoted("%s" % type(error).__name__), quoted(words), place)).encode()
