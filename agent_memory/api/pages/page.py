"""How a page is rendered, and what a browser may do with it."""

from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

import agent_memory

_HEADERS = {
    # A page loads its own style and nothing else; no other site may frame it.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_SCRIPTED = {
    **_HEADERS,
    # Its own script asks its own server, over HTTP and WebSocket; a form is never sent.
    "Content-Security-Policy": _HEADERS["Content-Security-Policy"]
    + "; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'",
}
_STATIC = files("agent_memory.api.pages") / "static"

_templates = Environment(
    loader=PackageLoader("agent_memory.api.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_page(
    template: str, status: int = 200, *, is_scripted: bool = False, **values: object
) -> Response:
    """The template `templates/<template>.html` with `values`, every one of them escaped.
    is_scripted: it runs a script of ours."""
    page = _templates.get_template(f"{template}.html")
    text = page.render(version=agent_memory.__version__, **values)
    return HTMLResponse(text, status, headers=_SCRIPTED if is_scripted else _HEADERS)


def style() -> Response:
    """The style of all pages."""
    return _static("style.css", "text/css")


def script(name: str) -> Response:
    """The script of a page."""
    return _static(f"{name}.js", "text/javascript")


def _static(name: str, media_type: str) -> Response:
    text = (_STATIC / name).read_text(encoding="utf-8")
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=3600"}
    return Response(text, headers=headers, media_type=media_type)
