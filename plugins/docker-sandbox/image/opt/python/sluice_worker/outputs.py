"""Where IPython's shell leaves what it shows: its own formatters make bundles, and those go to process 1."""

import sys
from importlib import util

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter

from . import display

CONFIG = "matplotlib_inline.config"


class Formatter(DisplayFormatter):
    def format(self, obj, include=None, exclude=None):
        answer = super().format(obj, include, exclude)
        figures = sys.modules.get("matplotlib.figure")
        if figures is not None and isinstance(obj, figures.Figure):
            from .figures import close

            close(obj)
        return answer


class Hook(DisplayHook):
    exec_result = None

    def quiet(self):
        try:
            return super().quiet()
        except Exception:
            # A semicolon is looked for in code that is not Python.
            return False

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        display.publish(format_dict, md_dict, count=self.prompt_count)

    def finish_displayhook(self):
        pass


class Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
        self._validate_data(data, metadata)
        display.publish(data, metadata, transient=transient, update=update)

    def clear_output(self, wait=False):
        """Nothing that was told is taken back: every reader of a run reads all of it."""


def add_figures(shell):
    def picture(figure):
        from .figures import png

        return png(figure)

    shell.display_formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", picture)
    package = util.find_spec("matplotlib_inline")
    if package is None:
        return
    # The package itself imports all of matplotlib.
    spec = util.spec_from_file_location(CONFIG, package.submodule_search_locations[0] + "/config.py")
    sys.modules[CONFIG] = module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    settings = module.InlineBackend.instance(parent=shell)
    settings.shell = shell
    shell.configurables.append(settings)
