"""The matplotlib backend: figures go to the run's results, each once, on `show()` and at the end of a cell or program."""

import io
import sys

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
    for number, manager in list(Gcf.figs.items()):
        if manager.canvas.figure is figure:
            Gcf.destroy(number)


def show(figure):
    shell = sys.modules.get("sluice_worker.shell")
    if shell is not None and shell.current is not None:
        # Through IPython, so that `%%capture` has it, and `figure_format` counts.
        from IPython.display import display as show_value

        return show_value(figure)
    return display.display(figure)


def show_all(*_, **__):
    for manager in Gcf.get_all_fig_managers():
        show(manager.canvas.figure)
        # Also where it could not be shown.
        Gcf.destroy(manager.num)


class FigureManager(FigureManagerBase):
    @classmethod
    def pyplot_show(cls, *, block=None):
        show_all()

    def show(self):
        show(self.canvas.figure)


class FigureCanvas(FigureCanvasAgg):
    manager_class = FigureManager
