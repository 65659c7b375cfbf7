"""The matplotlib backend: figures go to the run's results as PNG, on `show()` and at the end of a cell."""

import io

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg


def png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    for number, manager in list(Gcf.figs.items()):
        if manager.canvas.figure is figure:
            Gcf.destroy(number)
    return buffer.getvalue()


def show_all(*_, **__):
    from .display import publish, safe_repr

    for manager in Gcf.get_all_fig_managers():
        figure = manager.canvas.figure
        if figure.get_axes() or figure.texts or figure.images:
            publish({"image/png": png(figure), "text/plain": safe_repr(figure)})
        else:
            Gcf.destroy(manager.num)


class FigureManager(FigureManagerBase):
    def show(self):
        from .display import publish, safe_repr

        figure = self.canvas.figure
        publish({"image/png": png(figure), "text/plain": safe_repr(figure)})

    @classmethod
    def pyplot_show(cls, *, block=None):
        show_all()


class FigureCanvas(FigureCanvasAgg):
    manager_class = FigureManager
