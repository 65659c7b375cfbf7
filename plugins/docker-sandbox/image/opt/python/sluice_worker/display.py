"""Values become MIME bundles, and bundles become messages of valid JSON. Nothing of it is printed.

IPython's shell has formatters of its own; `display` here is for an interpreter without it.
"""

import sys
from base64 import b64encode
from json import dumps, loads
from pprint import pformat

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
CONTAINERS = (list, tuple, dict, set, frozenset)
WIDTH = 79

#: Where messages go.
link = None


def publish(data, metadata=None, *, transient=None, update=False, count=None, **_):
    """Raises TypeError or ValueError for what JSON cannot hold."""
    if not isinstance(data, dict):
        raise TypeError("a MIME bundle is a dict, not %s" % type(data).__name__)
    message = {"data": data}
    if metadata:
        message["metadata"] = metadata
    if transient and transient.get("display_id") is not None:
        message["displayId"] = str(transient["display_id"])
    if update:
        message["update"] = True
    if count is not None:
        message["executionCount"] = count
    if not data and len(message) == 1:
        return
    try:
        text = dumps(message, allow_nan=False)
    except (TypeError, ValueError):
        text = dumps(loads(dumps(message, default=portable), parse_constant=lambda _: None))
    if not link.send("r", text.encode()):
        size = "a result of %d bytes is too large to be shown" % len(text)
        link.send("r", dumps({"data": {"text/plain": size}}).encode())


def portable(value):
    """What JSON has not: bytes as base64, sets and arrays as lists."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return b64encode(value).decode("ascii")
    if isinstance(value, (set, frozenset)):
        return list(value)
    for name in ("tolist", "isoformat"):
        method = getattr(value, name, None)
        if callable(method):
            return method()
    raise TypeError("a result holds %s, which JSON cannot hold" % type(value).__name__)


def display(*values, raw=False, metadata=None, transient=None, update=False, **_):
    """As in a notebook; what else it takes there is IPython's business."""
    for value in values:
        own = None if raw or isinstance(value, type) else getattr(value, "_ipython_display_", None)
        if raw:
            publish(value, metadata, transient=transient, update=update)
        elif callable(own):
            own()
        else:
            publish(*bundle(value), transient=transient, update=update)


def bundle(value):
    """`(data, metadata)` of one value."""
    if type(value) in CONTAINERS:
        text = repr(value)
        if WIDTH < len(text) < 100_000:
            text = pformat(value, width=WIDTH, compact=True, sort_dicts=False)
        return {"text/plain": text}, None
    figures = sys.modules.get("matplotlib.figure")
    if figures is not None and isinstance(value, figures.Figure):
        from .figures import png

        picture = png(value)
        return {**({"image/png": picture} if picture else {}), "text/plain": repr(value)}, None
    data, metadata = {}, {}
    if not isinstance(value, type):
        answer = rich(value, "_repr_mimebundle_", include=None, exclude=None)
        found, extra = answer if isinstance(answer, tuple) else (answer, None)
        data.update(found or {})
        metadata.update(extra or {})
        for mime, name in METHODS.items():
            item = None if mime in data else rich(value, name)
            if isinstance(item, tuple):
                item, metadata[mime] = item
            if item is not None:
                data[mime] = item
    data.setdefault("text/plain", repr(value))
    return data, metadata


def rich(value, name, **options):
    """What one of the value's own methods answers; a view that fails is left out."""
    try:
        method = getattr(value, name, None)
        return method(**options) if callable(method) else None
    except Exception:
        return None


def flush_figures(every=True):
    """Figures that were drawn and not yet shown."""
    if "matplotlib.pyplot" in sys.modules:
        if "sluice_worker.figures" not in sys.modules:
            from . import figures  # noqa: F401
        sys.modules["sluice_worker.figures"].show_all(every)
