"""The two pipes between an interpreter and process 1: u32 length, u8 kind, payload."""

import os
import threading

LONGEST = 20 * 1024 * 1024


class Link:
    def __init__(self, inward, outward):
        self.inward = inward
        self.outward = outward
        os.set_inheritable(inward, False)
        os.set_inheritable(outward, False)
        self.lock = threading.Lock()
        self.owner = os.getpid()

    def receive(self):
        """`(kind, payload)`; None when process 1 is gone."""
        header = self._exactly(5)
        if header is None:
            return None
        payload = self._exactly(int.from_bytes(header[:4], "big"))
        return None if payload is None else (chr(header[4]), payload)

    def _exactly(self, size):
        data = bytearray()
        while len(data) < size:
            piece = os.read(self.inward, min(size - len(data), 1024 * 1024))
            if not piece:
                return None
            data += piece
        return bytes(data)

    def send(self, kind, payload):
        """From the interpreter itself only: a process forked by the user's code has nothing to report."""
        if os.getpid() != self.owner or len(payload) > LONGEST:
            return False
        data = memoryview(len(payload).to_bytes(4, "big") + kind.encode() + payload)
        with self.lock:
            while data:
                data = data[os.write(self.outward, data) :]
        return True

    def ask(self, prompt, secret):
        """A line from whoever started the run; None at the end of file."""
        import json

        with _asking:
            self.send("i", json.dumps({"prompt": prompt, "secret": secret}).encode())
            answer = self.receive()
        if answer is None or answer[0] != "i" or not answer[1].startswith(b"+"):
            return None
        return answer[1][1:].decode("utf-8", "replace")


_asking = threading.Lock()
