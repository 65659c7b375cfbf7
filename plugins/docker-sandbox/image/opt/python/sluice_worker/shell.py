"""IPython's shell around our namespace: magics, `!commands`, formatters and `IPython.display` work; output stays ours."""

import subprocess
import sys

from . import display

_building = False


def get(namespace):
    """The shell, made at its first use; None where the image has no IPython."""
    global _building
    if display.shell is not None or _building:
        return display.shell
    _building = True
    try:
        display.shell = build(namespace)
    except ImportError:
        return None
    finally:
        _building = False
    return display.shell


def build(namespace):
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, **_):
            display.publish(data, metadata)

        def clear_output(self, wait=False):
            pass

    class Shell(InteractiveShell):
        def system(self, command):
            sys.stdout.flush()
            self.user_ns["_exit_code"] = subprocess.call(self.var_expand(command, depth=1), shell=True)

        system_raw = system_piped = system

        def enable_gui(self, gui=None):
            pass

        def enable_matplotlib(self, gui=None):
            return gui, "module://sluice_worker.figures"

        def init_display_pub(self):
            self.display_pub = Publisher(parent=self)

        def init_displayhook(self):
            pass

        def init_sys_modules(self):
            pass

        def init_io(self):
            pass

        def init_syntax_highlighting(self):
            pass

        def init_logger(self):
            pass

        def init_traceback_handlers(self, custom_exceptions):
            super().init_traceback_handlers(custom_exceptions)

        def save_sys_module_state(self):
            self._orig_sys_module_state = {}
            self._orig_sys_modules_main_name = "__main__"
            self._orig_sys_modules_main_mod = sys.modules["__main__"]

    HistoryManager.enabled = False
    hooks = sys.displayhook, sys.excepthook
    module = sys.modules["__main__"]
    shell = Shell.instance(user_module=module, user_ns=namespace)
    sys.displayhook, sys.excepthook = hooks
    return shell
