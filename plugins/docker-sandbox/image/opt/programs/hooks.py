"""What a program's last value, pictures and questions are given to: the report of process 1, and its answers."""

import atexit
import builtins
import os
import sys

from _frozen_importlib_external import PathFinder

PYTHON = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + "/python"
CONTROL, REPORT = 203, 204
sys.path.insert(0, PYTHON)
from sluice_worker import hooks, questions  # noqa: E402
from sluice_worker.imports import Finder, around  # noqa: E402
from sluice_worker.link import Link, message_of  # noqa: E402
from sluice_worker.packages import add_own as add_own  # noqa: E402

del sys.path[0]


class Hooks(Finder):
    """What a session's interpreter has, for a program."""

    def __init__(self, mode):
        self.stdout = sys.stdout
        self.display = None
        self.link = Link(CONTROL, REPORT)
        self.link.active = True
        os.register_at_fork(after_in_child=self.forked)
        builtins.display = lambda *values, **options: self.displays().display(*values, **options)
        super().__init__({"matplotlib": hooks.fit_matplotlib, "matplotlib.backend_bases": hooks.fit_shows})
        self.fits["IPython.core.display_functions"] = self.fit_ipython
        # After matplotlib's own, which is to run later: exit handlers run backwards.
        self.fits["matplotlib._pylab_helpers"] = lambda _: atexit.register(self.finish)
        if mode == "ask":
            import asking

            asking.install(self.link)
            self.fits["getpass"] = questions.install(self.link)
        sys.meta_path.insert(0, self)

    # --- to process 1

    def tell(self, error, trace, path):
        """Why the program failed, for whoever does not read standard error."""
        self.link.send("e", message_of(error, trace, path))

    @staticmethod
    def hide(before):
        """The program sees none of our modules, and imports for itself what they have imported."""
        for name in sys.modules.keys() - before:
            del sys.modules[name]

    # --- values and pictures

    def show(self, value):
        """The last value. The program itself looks at none, so that a view which fails is no failure of the program."""
        if value is None:
            return
        try:
            self.displays().display(value)
        except KeyboardInterrupt:
            raise
        except BaseException:
            try:
                self.displays().publish({"text/plain": object.__repr__(value)})
            except Exception:
                pass

    def displays(self):
        if self.display is None:
            self.display = apart(lambda: __import__("sluice_worker.display").display)
        return self.display

    def fit_display(self, module):
        module.link = self.link

    def finish(self):
        """Figures that were drawn and not yet shown."""
        if not self.link.is_copy() and "matplotlib.pyplot" in sys.modules:
            try:
                self.displays().flush_figures()
            except Exception:
                pass

    def forked(self):
        """Whole lines at once, since several processes write them now."""
        if sys.stdout is self.stdout:
            try:
                self.stdout.reconfigure(line_buffering=True, write_through=False)
            except (ValueError, OSError):
                pass

    # --- modules, seen when they are imported

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "sluice_worker":
            spec = PathFinder.find_spec(name, [PYTHON] if path is None else path)
            return around(spec, after=self.fit_display) if name == "sluice_worker.display" else spec
        return super().find_spec(name, path, target)

    def fit_ipython(self, module):
        """`IPython.display.display` prints where no shell runs; here it shows, as in a notebook."""
        with_shell, publish_with_shell = module.display, module.publish_display_data

        def has_shell():
            """The program has made one; then that is where it shows."""
            made = sys.modules.get("IPython.core.interactiveshell")
            return made is not None and made.InteractiveShell.initialized()

        def display(*values, display_id=None, **options):
            if has_shell():
                return with_shell(*values, display_id=display_id, **options)
            handle = module.DisplayHandle(None if display_id is True else display_id) if display_id else None
            transient = {"display_id": handle.display_id} if handle else None
            self.displays().display(*values, transient=transient, **options)
            return None if options.get("update") else handle

        def publish_display_data(*data, **options):
            (publish_with_shell if has_shell() else self.displays().publish)(*data, **options)

        module.display = builtins.display = display
        module.publish_display_data = publish_display_data


def apart(load):
    """What `load` imports comes from the libraries, and is not there for the program, which may have files of such names."""
    library, path, before = os.path.dirname(os.__file__), sys.path[:], dict(sys.modules)
    foreign = [name for name, module in before.items() if not is_library(name, module, library)]
    for name in foreign:
        del sys.modules[name]
    sys.path[:] = [folder for folder in path if folder.startswith(library) or "-packages" in folder]
    try:
        return load()
    finally:
        sys.path[:] = path
        for name in sys.modules.keys() - before:
            if not name.startswith("sluice_worker"):
                del sys.modules[name]
        sys.modules.update((name, before[name]) for name in foreign)


def is_library(name, module, library):
    file = getattr(module, "__file__", None)
    return name.partition(".")[0] not in sys.stdlib_module_names or not file or str(file).startswith(library)
