"""IPython's own shell, with our way out for what it shows: it transforms, compiles, runs, displays and remembers."""

import asyncio
import linecache
import os
import subprocess
import sys
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT, PyCF_ONLY_AST
from pathlib import Path

import IPython
from IPython.core import interactiveshell
from IPython.core.display_functions import display as show_value
from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import PromptStripper
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type, default
from traitlets.config import Config

from . import display, engine, streams
from .failures import exit_code, text_of
from .hooks import BACKEND
from .link import message_of
from .loop import Loop
from .outputs import Formatter, Hook, Publisher, add_figures
from .parts import Compiler, Exit, HistoryManager, Memory, Nowhere, spare

FOLDER = "/tmp/.ipython"


class Shell(InteractiveShell):
    name = "ipython"
    compiler_class = Type(Compiler)
    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)
    # Names, and no traits: each cell uses them, and nobody watches them.
    builtin_trap = display_trap = history_manager = last_execution_result = None
    last_execution_succeeded = True

    def __init__(self, **options):
        self.runner = Loop()
        #: The last error that was shown in the cell, with its traceback.
        self.failure = None
        super().__init__(**options)
        self.loop_runner = self.runner
        spare(self.input_transformer_manager)
        cleanup = self.input_transformers_cleanup
        cleanup[:] = [careful(one) if isinstance(one, PromptStripper) else one for one in cleanup]
        self.events.register("post_execute", lambda: display.flush_figures(every=False))

    # --- nothing in files, nothing at exit

    def _ipython_dir_changed(self, change):
        pass

    def init_ipython_dir(self, ipython_dir):
        self.ipython_dir = FOLDER

    def init_profile_dir(self, profile_dir):
        self.profile_dir = Nowhere(location=FOLDER)

    def init_history(self):
        self.history_manager = HistoryManager(parent=self, shell=self)
        self.configurables.append(self.history_manager)

    def init_display_formatter(self):
        self.display_formatter = Formatter(parent=self)
        self.configurables.append(self.display_formatter)

    def init_user_ns(self):
        super().init_user_ns()
        # The plain one: it can be replaced as everywhere, and descriptors 1 and 2 are mended after each cell.
        for names in (self.user_ns, self.user_ns_hidden):
            names.pop("open", None)

    @default("exiter")
    def _exiter_default(self):
        return Exit(self)

    def ask_exit(self):
        raise SystemExit

    def enable_gui(self, gui=None):
        if gui not in (None, "inline", "none"):
            raise UsageError("there is no screen for %r" % gui)

    def enable_matplotlib(self, gui=None):
        from matplotlib import pyplot

        if gui not in (None, "inline", "agg", "auto"):
            streams.complain("there is no screen for %r: figures are shown inline\n" % gui)
        pyplot.switch_backend(BACKEND)
        return "inline", BACKEND

    # --- commands

    def system(self, cmd):
        """Its output goes where the cell's goes; it has descriptors of its own, so that none of it looks like a screen."""
        command = self.var_expand(cmd, depth=1)
        sys.stdout and sys.stdout.flush()
        plain = sys.stdout is streams.stdout and sys.stderr is streams.stderr
        pipe = None if plain else subprocess.PIPE
        # Live, as where a notebook gives it a terminal.
        live = {**os.environ, "PYTHONUNBUFFERED": "1"}
        child = subprocess.Popen(command, shell=True, env=live, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
        try:
            if not plain:
                streams.pass_on({child.stdout: sys.stdout, child.stderr: sys.stderr})
            code = child.wait()
        except BaseException:
            # The interrupt was for it too.
            child.terminate()
            child.wait()
            raise
        self.user_ns["_exit_code"] = code

    system_piped = system_raw = system

    # --- errors

    #: Python's own: code that shows an error by it has not failed.
    excepthook = staticmethod(sys.__excepthook__)

    def showtraceback(self, exc_tuple=None, filename=None, tb_offset=None, exception_only=False, **options):
        try:
            kind, error, trace = self._get_exc_info(exc_tuple)
        except ValueError:
            streams.complain("No traceback available to show.\n")
            return
        if isinstance(error, asyncio.CancelledError) and self.runner.foreign is not None:
            error = self.runner.foreign
            kind = type(error)
        self.failure = (error, trace)
        if isinstance(error, SystemExit):
            return
        if kind is UsageError:
            streams.complain("UsageError: %s\n" % error)
        elif callable(getattr(kind, "_render_traceback_", None)):
            self._showtraceback(kind, error, error._render_traceback_())
        elif self.InteractiveTB.mode == "Plain":
            streams.complain(text_of(error, trace))
        else:
            super().showtraceback((kind, error, trace), filename, tb_offset, exception_only, **options)

    def showsyntaxerror(self, filename=None, running_compiled_code=False):
        kind, error, trace = self._get_exc_info()
        self.failure = (error, trace)
        streams.complain(text_of(error, trace))

    def _showtraceback(self, etype, evalue, stb):
        streams.complain(self.InteractiveTB.stb2text(stb).rstrip("\n") + "\n")

    # --- cells

    def should_run_async(self, raw_cell, **options):
        try:
            return super().should_run_async(raw_cell, **options)
        except Exception:
            # Python fails at a lone surrogate that looks like a docstring.
            return False

    def warm(self):
        """Does once what a first cell would be the first to do, before a fork and again after it; leaves no trace."""
        self.run_cell("print(end='')", silent=True)
        self.display_formatter.format("")
        for name in self.compile._filename_map:
            linecache.cache.pop(name, None)
        self.compile._filename_map.clear()
        self.compile.parts.clear()

    def begin(self):
        """In a process of its own, after a fork."""
        self.runner.fit()
        self.runner.get()
        self.starting_dir = os.getcwd()
        self.history_manager.dir_hist[:] = [Path.cwd()]

    def execute(self, source):
        """Runs a cell; returns the exit code, the error's report and whether it was interrupted."""
        self.failure = None
        count = self.execution_count
        name = "<cell %d>" % count
        self.user_module.__dict__["__builtins__"] = interactiveshell.builtin_mod
        self.runner.begin_cell()
        engine.mend(self)
        error = result = None
        try:
            result = self.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
        except (KeyboardInterrupt, SystemExit) as raised:
            # Of an event's handler.
            error = raised
            self.showtraceback((type(error), error, error.__traceback__))
        # IPython counts no cell that speaks of `paste`, and a cell may count back.
        engine.judge(error, self.execution_count != count or self.last_execution_result is result)
        try:
            self.runner.settle()
        except BaseException as raised:
            # Of a task at the end.
            self.showtraceback((type(raised), raised, raised.__traceback__))
        self.runner.active = False
        if error is not None and self.failure is None:
            self.showtraceback((type(error), error, error.__traceback__))
        if self.failure is None:
            return 0, None, False
        error, trace = self.failure
        if isinstance(error, SystemExit):
            code, words = exit_code(error.code)
            streams.complain(words)
            return code, None, False
        interrupted = isinstance(error, KeyboardInterrupt)
        return 130 if interrupted else 1, message_of(error, trace, name), interrupted


def careful(strip):
    """Takes prompts off lines that were copied with them, and leaves alone what is Python as it stands."""

    def stripped(lines):
        answer = strip(lines)
        if answer != lines and answer[0] == lines[0]:
            try:
                compile("".join(lines), "<cell>", "exec", PyCF_ONLY_AST | PyCF_ALLOW_TOP_LEVEL_AWAIT)
                return lines
            except (SyntaxError, ValueError):
                pass
        return answer

    return stripped


def build(module):
    # Figures too, so that `%%capture` has them, and `figure_format` counts.
    display.display = show_value
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor" if IPython.version_info[0] > 8 else "NoColor"
    config.InteractiveShell.xmode = "Plain"
    config.InteractiveShell.display_page = True
    config.InteractiveShell.autoindent = False
    interactiveshell.PickleShareDB = Memory
    warn = interactiveshell.warn

    def warn_of_the_rest(message, *options, **more):
        # What to press to leave is no business of a cell.
        if not str(message).startswith("To exit:"):
            warn(message, *options, **{**more, "stacklevel": more.get("stacklevel", 1) + 1})

    interactiveshell.warn = warn_of_the_rest
    engine.keep(Shell)
    shell = Shell.instance(config=config, user_module=module)
    for name in ("ps1", "ps2", "ps3"):
        # Python has them where it is interactive alone.
        vars(sys).pop(name, None)
    interactiveshell.atexit.unregister(shell.atexit_operations)
    shell.extension_manager.load_extension("storemagic")
    add_figures(shell)
    return shell
