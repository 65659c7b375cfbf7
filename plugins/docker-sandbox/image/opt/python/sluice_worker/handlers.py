"""Signal handlers of the code's own: they run in its cells, and never among the lines that run cells."""

import _signal
import sys

from . import streams
from .failures import text_of

NUMBERS = sorted(_signal.valid_signals() - {_signal.SIGKILL, _signal.SIGSTOP})
#: Between two cells an interrupt is nobody's, and going on is what process 1 sends.
NOBODYS = (_signal.SIGINT, _signal.SIGCONT)


class Handlers:
    def __init__(self):
        #: Signal to handler, between two cells.
        self.kept = {}
        #: Signals that came between two cells.
        self.came = []

    def hold(self):
        """After a cell: what comes now is noted."""
        for number in NUMBERS:
            handler = _signal.getsignal(number)
            if callable(handler) and handler != self.note:
                self.kept[number] = handler
                _signal.signal(number, self.note)

    def note(self, number, frame):
        if number not in NOBODYS:
            self.came.append(number)

    def release(self):
        """Before a cell: handlers are back, and told of what came. An error of theirs is no error of the cell."""
        kept, self.kept = self.kept, {}
        for number, handler in kept.items():
            if _signal.getsignal(number) == self.note:
                _signal.signal(number, handler)
        while self.came:
            number = self.came.pop(0)
            try:
                kept[number](number, sys._getframe())
            except SystemExit:
                pass
            except BaseException as error:
                streams.complain(text_of(error, error.__traceback__))

    def raised(self, error):
        """Whether one of them raised it, wherever the interpreter was."""
        known = [*self.kept.values(), *map(_signal.getsignal, NUMBERS)]
        codes = {getattr(handler, "__code__", None) for handler in known} - {None}
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code in codes:
                return True
            trace = trace.tb_next
        return False
