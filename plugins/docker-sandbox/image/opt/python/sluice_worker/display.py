"""Values become MIME bundles. Plain values by `repr`, rich ones by their own `_repr_*_`; IPython's formatters when a
shell is there. Nothing of it is printed."""

import builtins
import json
import sys
from base64 import b64encode

METHODS = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "application/json": "_repr_json_",
    "application/javascript": "_repr_javascript_",
    "application/pdf": "_repr_pdf_",
}
PLAIN = (int, float, complex, bool, str, bytes, type(None), type(Ellipsis), type)
CONTAINERS = (list, tuple, dict, set, frozenset)
WIDTH = 79

link = None
namespace = None
#: The shell of IPython, once something asked for it.
shell = None


def install(to, variables):
    global link, namespace
    link, namespace = to, variables
    sys.displayhook = show_last
    builtins.display = display
    variables["__builtins__"] = builtins


def show_last(value):
    if value is None:
        return
    namespace["__"], namespace["___"] = namespace.get("_"), namespace.get("__")
    namespace["_"] = value
    namespace.setdefault("Out", {})[len(namespace["Out"]) + 1] = value
    display(value)


def display(*values, **options):
    """As in a notebook; `include`, `exclude`, `metadata` and the like are IPython's business."""
    for value in values:
        if options.get("raw"):
            publish(value, options.get("metadata"))
            continue
        hook = getattr(type(value), "_ipython_display_", None)
        if hook is not None and not isinstance(value, type):
            hook(value)
            continue
        data, metadata = bundle(value)
        publish(data, metadata)


def publish(data, metadata=None, **_):
    if not data:
        return
    message = {"data": {mime: portable(item) for mime, item in data.items()}}
    if metadata:
        message["metadata"] = metadata
    try:
        text = json.dumps(message, default=str).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError):
        text = json.dumps({"data": {"text/plain": str(data.get("text/plain"))}}).encode()
    sys.stdout.flush()
    if not link.send("r", text):
        size = "a result of %d bytes is too large to be shown" % len(text)
        link.send("r", json.dumps({"data": {"text/plain": size}}).encode())


def portable(item):
    return b64encode(item).decode("ascii") if isinstance(item, (bytes, bytearray)) else item


def bundle(value):
    """`(data, metadata)` of one value."""
    kind = type(value)
    if kind in PLAIN:
        return {"text/plain": repr(value)}, None
    if kind in CONTAINERS:
        text = repr(value)
        if len(text) > WIDTH and len(text) < 100_000:
            from pprint import pformat

            text = pformat(value, width=WIDTH, compact=True, sort_dicts=False)
        return {"text/plain": text}, None
    figure = figure_png(value)
    if figure:
        return {"image/png": figure, "text/plain": repr(value)}, None
    if shell is not None:
        return shell.display_formatter.format(value)
    data, metadata = {}, {}
    method = None if isinstance(value, type) else getattr(value, "_repr_mimebundle_", None)
    if callable(method):
        try:
            answer = method(include=None, exclude=None)
            found, extra = answer if isinstance(answer, tuple) else (answer, None)
            data.update(found or {})
            metadata.update(extra or {})
        except Exception:
            pass
    for mime, name in METHODS.items():
        method = None if isinstance(value, type) else getattr(value, name, None)
        if mime in data or not callable(method):
            continue
        try:
            item = method()
        except Exception:
            continue
        if isinstance(item, tuple):
            item, metadata[mime] = item
        if item is not None:
            data[mime] = item
    data.setdefault("text/plain", safe_repr(value))
    return data, metadata


def safe_repr(value):
    try:
        return repr(value)
    except Exception as error:
        return "<%s whose repr raised %s>" % (type(value).__name__, type(error).__name__)


def figure_png(value):
    if type(value).__name__ != "Figure" or "matplotlib.figure" not in sys.modules:
        return None
    if not isinstance(value, sys.modules["matplotlib.figure"].Figure):
        return None
    from .figures import png

    return png(value)


def flush_figures():
    """Figures that were drawn and not yet shown, at the end of a cell."""
    if "matplotlib.pyplot" in sys.modules:
        from .figures import show_all

        show_all()
