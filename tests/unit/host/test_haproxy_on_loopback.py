"""The changes to the configuration that Serve writes for HAProxy."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from agent_memory.host import haproxy_on_loopback
from agent_memory.host.haproxy_on_loopback import (
    STEERING_HEADERS,
    for_clients,
    on_loopback,
    write_errors,
)

CONFIG = """\
frontend prometheus
    bind :9101
    mode http
frontend http_frontend
    bind {host}:8000
    mode http
listen stats
  bind *:8404
  stats enable
"""


def test_every_other_port_is_narrowed_to_loopback() -> None:
    lines = on_loopback(CONFIG.format(host="127.0.0.1")).splitlines()
    assert "    bind 127.0.0.1:9101" in lines
    assert "  bind 127.0.0.1:8404" in lines


def test_the_owner_may_still_serve_every_address() -> None:
    assert "    bind 0.0.0.0:8000" in on_loopback(CONFIG.format(host="0.0.0.0")).splitlines()
    assert "    bind *:8000" in on_loopback(CONFIG.format(host="*")).splitlines()


def test_headers_that_steer_serve_are_dropped_right_behind_the_bind() -> None:
    lines = on_loopback(CONFIG.format(host="127.0.0.1")).splitlines()
    start = lines.index("    bind 127.0.0.1:8000") + 1
    dropped = lines[start : start + len(STEERING_HEADERS)]
    assert dropped == [f"    http-request del-header {name}" for name in STEERING_HEADERS]


RENDERED = """\
global
    maxconn 4096
defaults
    mode http
    timeout connect 5s
    timeout client 3600s
    option abortonclose
    option splice-request
    option splice-response
    errorfile 502 /run/500.http
    errorfile 503 /run/500.http
frontend http_frontend
    bind 127.0.0.1:8000
"""


def test_clients_that_leave_are_noticed_and_slow_ones_have_no_hour() -> None:
    lines = [line.strip() for line in for_clients(RENDERED, Path("/run")).splitlines()]
    assert not any("splice" in line for line in lines)
    assert "option abortonclose" in lines
    assert [line for line in lines if "timeout" in line] == [
        "timeout connect 5s",
        "timeout client 120s",
        "timeout http-request 30s",
    ]


def test_many_headers_reach_the_server_which_tells_their_bound() -> None:
    lines = for_clients(RENDERED, Path("/run")).splitlines()
    assert lines[:2] == ["global", "    tune.http.maxhdr 4000"]


def test_haproxys_own_errors_are_ours(tmp_path: Path) -> None:
    named = [
        line.split()[1:]
        for line in for_clients(RENDERED, tmp_path).splitlines()
        if "errorfile" in line
    ]
    write_errors(tmp_path)
    assert [status for status, _ in named] == ["400", "408", "502", "503", "504"]
    for status, name in named:
        head, _, body = Path(name.strip('"')).read_bytes().partition(b"\r\n\r\n")
        lines = head.decode().splitlines()
        told = json.loads(body)
        assert f"Content-Length: {len(body)}" in lines
        assert lines[0].split()[1] == str(told["status"])
        assert told["error"]["message"] == told["detail"]
        is_server = status.startswith("5")
        assert told["status"] == (503 if is_server else int(status))
        assert ("Retry-After: 2" in lines) is is_server


PARENT = """
import subprocess, sys, time
started = subprocess.Popen([sys.executable, "-I", "-S", "-c", sys.argv[1], *sys.argv[2:]])
print(started.pid, flush=True)
time.sleep(60)
"""
AS_ON_MACOS = """
import runpy, sys
sys.platform = "darwin"
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def _start_below_a_parent() -> tuple[subprocess.Popen[bytes], psutil.Process]:
    """A parent, and the program that it started through ours, where the kernel does not help."""
    program = str(Path(haproxy_on_loopback.__file__))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, AS_ON_MACOS, program, "/bin/sleep", "60"],
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    proxy = psutil.Process(int(parent.stdout.readline()))
    _wait_until(lambda: proxy.name() == "sleep")
    return parent, proxy


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_without_the_kernels_help_the_proxy_ends_with_its_parent_too() -> None:
    parent, proxy = _start_below_a_parent()
    (watcher,) = proxy.children()
    with parent:
        parent.kill()
    _wait_until(lambda: _is_gone(proxy) and _is_gone(watcher))


def test_what_looks_after_the_proxy_ends_with_it() -> None:
    parent, proxy = _start_below_a_parent()
    (watcher,) = proxy.children()
    with parent:
        proxy.terminate()
        _wait_until(lambda: _is_gone(watcher))
        parent.kill()
