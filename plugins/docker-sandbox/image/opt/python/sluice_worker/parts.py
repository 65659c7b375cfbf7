"""What IPython's shell is made of, where it is to keep nothing in files, or to be as fast as it is."""

import fnmatch
import re
from collections import Counter

from IPython.core import history
from IPython.core.autocall import ExitAutocall
from IPython.core.compilerop import CachingCompiler
from IPython.core.profiledir import ProfileDir

from . import engine

#: A line without it is no command of IPython's, whatever its tokens are.
maybe_command = re.compile(r"\s*[,;/]|.*?([%?]|!(?!=))").match


class Compiler(CachingCompiler):
    def __init__(self):
        super().__init__()
        self.parts = Counter()

    def get_code_name(self, raw_code, transformed_code, number):
        engine.reached = True
        self.parts[number] += 1
        # What a cell runs itself, as `%%time` does, has its number too.
        part = ", part %d" % self.parts[number] if self.parts[number] > 1 else ""
        return "<cell %d%s>" % (number, part)


def spare(manager):
    """Tokens are made in Python, longer than it takes to compile: only where one of them may be a command."""
    transform, steps = manager.do_token_transforms, ("cleanup_transforms", "line_transforms", "token_transformers")
    standard = [getattr(manager, each)[:] for each in steps]

    def do_token_transforms(lines):
        # Steps of the user's own find other commands, and may make one line of several.
        if any(map(maybe_command, lines)) or [getattr(manager, each) for each in steps] != standard:
            return transform(lines)
        return lines

    manager.do_token_transforms = do_token_transforms


class HistoryManager(history.HistoryManager):
    __module__ = history.__name__
    # Names, and no traits, as in the shell.
    _i00 = _i = _ii = _iii = ""

    def get_tail(self, n=10, raw=True, output=False, include_latest=False):
        """Of this session, which is in no database."""
        end = len(self.input_hist_raw) - (not include_latest)
        return list(self.get_range(0, max(1, end - n), max(1, end), raw, output))


class Exit(ExitAutocall):
    def __call__(self, code=None):
        raise SystemExit(code)


class Memory(dict):
    """What `%store`, `%bookmark` and `%cd` keep: for the session, in no file."""

    def __init__(self, *_):
        super().__init__()

    def __delitem__(self, name):
        self.pop(name, None)

    def keys(self, pattern="*"):
        return [name for name in self if fnmatch.fnmatch(name, pattern)]


class Nowhere(ProfileDir):
    """A profile without a folder."""

    def _location_changed(self, change):
        pass

    def check_dirs(self):
        pass
