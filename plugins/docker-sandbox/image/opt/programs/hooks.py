"""What a program's last value, pictures and questions are given to: the report of process 1, and its answers."""

import atexit
import builtins
import os
import sys

from _frozen_importlib_external import PathFinder

from told import OWNER, REPORT, send

CONTROL = 203
PYTHON = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + "/python"


class Hooks:
    """Takes the place of the link of a session's interpreter."""

    def __init__(self, mode):
        self.stdout = sys.stdout
        self.display = None
        for fd in (CONTROL, REPORT):
            os.set_inheritable(fd, False)
        os.register_at_fork(after_in_child=self.forked)
        builtins.display = lambda *values, **options: self.displays().display(*values, **options)
        self.fits = {"matplotlib": self.fit_matplotlib, "matplotlib.backend_bases": self.fit_shows}
        self.fits["IPython.core.display_functions"] = self.fit_ipython
        self.fits["matplotlib._pylab_helpers"] = self.fit_figures
        if mode == "ask":
            from asking import Asking

            self.asking = Asking(self)
            self.fits["getpass"] = self.asking.fit_getpass
        sys.meta_path.insert(0, self)

    # --- to process 1

    @staticmethod
    def send(kind, payload):
        return send(kind, payload)

    @staticmethod
    def hide(before):
        """The program sees none of our modules, and imports for itself what they have imported."""
        for name in sys.modules.keys() - before:
            del sys.modules[name]

    # --- values and pictures

    def show(self, value):
        if value is not None:
            self.displays().display(value)

    def displays(self):
        if self.display is None:
            self.display = apart(lambda: __import__("sluice_worker.display").display)
        return self.display

    def fit_display(self, module):
        module.link = self

    def fit_figures(self, spec):
        # After matplotlib's own, which is to run later: exit handlers run backwards.
        return around(spec, after=lambda _: atexit.register(self.finish))

    def finish(self):
        """Figures that were drawn and not yet shown."""
        if os.getpid() == OWNER and "matplotlib.pyplot" in sys.modules:
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
        fit = self.fits.pop(name, None)
        if fit is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        return fit(spec) if spec is not None and spec.loader is not None else spec

    def fit_matplotlib(self, spec):
        from sluice_worker.hooks import fonts

        fonts()
        return around(spec, before=self.choose_backend, after=self.leave_backend)

    def fit_shows(self, spec):
        from sluice_worker.hooks import fit_shows

        return around(spec, after=fit_shows)

    def choose_backend(self):
        self.backend = os.environ.get("MPLBACKEND")
        if not self.backend:
            os.environ["MPLBACKEND"] = "module://sluice_worker.figures"

    def leave_backend(self, _):
        if not self.backend:
            os.environ.pop("MPLBACKEND", None)

    def fit_ipython(self, spec):
        """`IPython.display.display` prints where no shell runs; here it shows, as in a notebook."""

        def fit(module):
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

        return around(spec, after=fit)


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


def around(spec, before=lambda: None, after=lambda module: None):
    """The same module, with something done before and after its code runs."""
    execute = spec.loader.exec_module

    def exec_module(module):
        before()
        try:
            execute(module)
        finally:
            after(module)

    spec.loader.exec_module = exec_module
    return spec
