"""The matplotlib backend: figures go to the run's results, each once, on `show()` and at the end of a cell or program."""

import io
import sys

from matplotlib import is_interactive
from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from . import display


def png(figure):
    """None where nothing is drawn: words are all that there is to show, as in a notebook."""
    buffer = io.BytesIO()
    if figure.get_axes() or figure.lines or figure.texts or figure.images:
        figure.savefig(buffer, format="png", bbox_inches="tight")
    close(figure)
    return buffer.getvalue() or None


def close(figure):
    """It has been shown."""
    config = sys.modules.get("matplotlib_inline.config")
    for manager in Gcf.get_all_fig_managers():
        if manager.canvas.figure is figure:
            manager.pending = False
            if config is None or config.InlineBackend.instance().close_figures:
                Gcf.destroy(manager.num)


def show_all(every=True):
    """At the end of a cell not every one: what was made after `ioff()` waits for `show()`, as in a notebook."""
    for manager in Gcf.get_all_fig_managers():
        if every or getattr(manager, "pending", True):
            display.display(manager.canvas.figure)
            # Also where it could not be shown.
            close(manager.canvas.figure)


class FigureManager(FigureManagerBase):
    def __init__(self, canvas, num):
        super().__init__(canvas, num)
        self.pending = is_interactive()

    @classmethod
    def pyplot_show(cls, *, block=None):
        show_all()

    def show(self):
        display.display(self.canvas.figure)


class FigureCanvas(FigureCanvasAgg):
    manager_class = FigureManager
