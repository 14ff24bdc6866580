"""Start HAProxy on loopback: `haproxy_on_loopback.py HAPROXY -f CONFIG …`, run by Ray Serve.

Serve writes HAProxy's configuration again before every start; some of its `bind` lines take every
address whatever host Serve was given. They are narrowed here, the headers that let a client steer
Serve are dropped at the edge, clients that go away are noticed, slow ones have minutes and not an
hour, HAProxy's own errors take the form of ours, and the process is tied to its parent, so that a
killed server does not leave its port taken. Standard library only: it starts in milliseconds.
"""

import ctypes
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

STEERING_HEADERS = (
    "x-request-timeout-seconds",
    "x-request-disconnect-disabled",
    "serve_multiplexed_model_id",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
)

CLIENT_HEADER = "x-agent-memory-client"
"""The client's address, in the place of whatever the client has said itself."""

_PR_SET_PDEATHSIG = 1
_WATCH_PERIOD_S = 0.5
_ANY_ADDRESS = re.compile(r"^(\s*bind\s+)(?:\*|0\.0\.0\.0|\[::\]|::)?:(\d+)")
_SECTION = re.compile(r"^(?:global|defaults|frontend|backend|listen|cache|userlist)\b")
_OWNERS_CHOICE = "frontend http_frontend"
"""The section whose address is the server's own `--host`."""
_SPLICING = re.compile(r"^\s*option splice-(?:request|response|auto)\s*\n", re.MULTILINE)
"""HAProxy 2.8 that splices does not tell the server of a client that left after its body came in a
packet of its own, and is busy with it until the answer would be there."""
_CLIENT_TIMEOUT = re.compile(r"^(\s*)timeout client [^\n]*\n", re.MULTILINE)
_ERROR_FILE = re.compile(r"^\s*errorfile [^\n]*\n", re.MULTILINE)
_NO_ROUTE = re.compile(r"^(\s*)http-request return status 404 [^\n]*\n", re.MULTILINE)
"""What a HAProxy says to every request until Serve has told it of the application, also one that
takes the place of another that died: clients repeat after a 503 and give up after a 404."""
_CLIENT_TIMEOUT_S = 120
"""For a client that neither sends the rest of its body nor reads its answer. One that waits for its
answer has no limit here."""
_HEADER_TIMEOUT_S = 30
_MOST_HEADERS = 4000
"""Ours is the bound on their bytes, and has a reason to tell."""
_RETRY_AFTER_S = 2
_LOST = (503, "Service Unavailable", "unavailable", "The server is starting or restarting.")
_ERRORS = {
    400: (400, "Bad Request", "invalid_request", "This is not HTTP as it is understood here."),
    408: (408, "Request Timeout", "request_timeout", "The request did not arrive in time."),
    502: _LOST,
    503: _LOST,
    504: _LOST,
}
"""By what HAProxy would say: status, its words, our code, and a sentence."""
_HTTP_FRONTEND = re.compile(r"^(frontend http_frontend\s*\n\s*bind [^\n]*\n)", re.MULTILINE)


def on_loopback(config: str) -> str:
    """The configuration with every `bind` but the HTTP one narrowed, and the headers dropped."""
    drops = "".join(f"    http-request del-header {name}\n" for name in STEERING_HEADERS)
    drops += f"    http-request set-header {CLIENT_HEADER} %[src]\n"
    section = ""
    lines = []
    for line in config.splitlines(keepends=True):
        section = line.strip() if _SECTION.match(line) else section
        is_ours = section != _OWNERS_CHOICE
        lines.append(_ANY_ADDRESS.sub(r"\g<1>127.0.0.1:\g<2>", line) if is_ours else line)
    narrowed = "".join(lines)
    return _HTTP_FRONTEND.sub(lambda match: match.group(1) + drops, narrowed)


def for_clients(config: str, folder: Path) -> str:
    """The configuration with the time-outs and errors that clients meet. `folder` has the errors'
    texts, see `write_errors`."""
    files = "".join(f'    errorfile {status} "{folder}/{status}.http"\n' for status in _ERRORS)
    times = (
        rf"\g<1>timeout client {_CLIENT_TIMEOUT_S}s\n"
        rf"\g<1>timeout http-request {_HEADER_TIMEOUT_S}s\n"
    )
    unspliced = _ERROR_FILE.sub("", _SPLICING.sub("", config))
    unspliced = _NO_ROUTE.sub(r"\g<1>http-request deny deny_status 503\n", unspliced)
    timed = _CLIENT_TIMEOUT.sub(times, unspliced, count=1)
    roomy = timed.replace("global\n", f"global\n    tune.http.maxhdr {_MOST_HEADERS}\n", 1)
    return roomy.replace("\ndefaults\n", f"\ndefaults\n{files}", 1)


def write_errors(folder: Path) -> None:
    """One file for each error that HAProxy makes by itself."""
    for status, (told, words, code, sentence) in _ERRORS.items():
        body = error_body(told, words, code, sentence)
        retry = f"Retry-After: {_RETRY_AFTER_S}\r\n" if told == _LOST[0] else ""
        head = (
            f"HTTP/1.1 {told} {words}\r\nContent-Type: application/json\r\n{retry}"
            f"Cache-Control: no-cache\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        (folder / f"{status}.http").write_bytes(head.encode() + body)


def error_body(status: int, words: str, code: str, sentence: str) -> bytes:
    """An error that clients of each protocol can read: HAProxy does not know which one asks."""
    error = {"type": "api_error", "code": code, "message": sentence, "param": None}
    if status < _LOST[0]:
        error["type"] = "invalid_request_error"
    problem = {"title": words, "status": status, "detail": sentence, "code": code}
    return json.dumps({"type": "error", "error": error, **problem}).encode()


def end_with_parent() -> None:
    """Have this process, which becomes HAProxy, end with its parent: by the kernel on Linux,
    elsewhere by a child that looks after both."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        _leave_a_watcher(os.getppid(), os.getpid())


def _leave_a_watcher(parent: int, haproxy: int) -> None:
    """A child that ends `haproxy`, its own parent, as soon as `parent` is gone."""
    if os.fork():
        return
    os.setsid()  # Ctrl-C and the like are for others
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    while os.getppid() == haproxy:
        if not _is_running(parent):
            os.kill(haproxy, signal.SIGKILL)
        time.sleep(_WATCH_PERIOD_S)
    os._exit(0)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(arguments: list[str]) -> None:
    haproxy, *rest = arguments
    if "-f" in rest:
        path = Path(rest[rest.index("-f") + 1])
        write_errors(path.parent)
        path.write_text(for_clients(on_loopback(path.read_text()), path.parent))
    end_with_parent()
    os.execv(haproxy, [haproxy, *rest])  # noqa: S606  the point of this program


if __name__ == "__main__":
    main(sys.argv[1:])
