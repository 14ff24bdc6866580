"""Start HAProxy on loopback: `haproxy_on_loopback.py HAPROXY -f CONFIG …`, run by Ray Serve.

Serve writes HAProxy's configuration anew before every start; some of its `bind` lines take every
address whatever host Serve was given. They are narrowed here, the headers that let a client steer
Serve are dropped at the edge, and the process is tied to its parent, so that a killed server does
not leave its port taken. Standard library only: it starts in milliseconds.
"""

import ctypes
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

_PR_SET_PDEATHSIG = 1
_WATCH_PERIOD_S = 0.5
_ANY_ADDRESS = re.compile(r"^(\s*bind\s+)(?:\*|0\.0\.0\.0|\[::\]|::)?:(\d+)")
_SECTION = re.compile(r"^(?:global|defaults|frontend|backend|listen|cache|userlist)\b")
_OWNERS_CHOICE = "frontend http_frontend"
"""The section whose address is the server's own `--host`."""
_HTTP_FRONTEND = re.compile(r"^(frontend http_frontend\s*\n\s*bind [^\n]*\n)", re.MULTILINE)


def on_loopback(config: str) -> str:
    """The configuration with every `bind` but the HTTP one narrowed, and the headers dropped."""
    drops = "".join(f"    http-request del-header {name}\n" for name in STEERING_HEADERS)
    section = ""
    lines = []
    for line in config.splitlines(keepends=True):
        section = line.strip() if _SECTION.match(line) else section
        is_ours = section != _OWNERS_CHOICE
        lines.append(_ANY_ADDRESS.sub(r"\g<1>127.0.0.1:\g<2>", line) if is_ours else line)
    narrowed = "".join(lines)
    return _HTTP_FRONTEND.sub(lambda match: match.group(1) + drops, narrowed)


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
        path.write_text(on_loopback(path.read_text()))
    end_with_parent()
    os.execv(haproxy, [haproxy, *rest])  # noqa: S606  the point of this program


if __name__ == "__main__":
    main(sys.argv[1:])
