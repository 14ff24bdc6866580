"""A model server under measurement, in a process of its own."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

STOP_TIMEOUT_S = 60.0
_POLL_S = 0.02


class Subject(Protocol):
    """A server that speaks OpenAI Chat Completions on loopback."""

    name: str
    url: str

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def model_id(self) -> str: ...

    def start(self) -> None:
        """Start it and wait until it takes requests."""
        ...

    def kill(self) -> None:
        """kill -9, and wait until nothing of it runs."""
        ...

    def close(self) -> None:
        """Stop it as its owner would. Harmless when it does not run."""
        ...


def launch(
    command: tuple[str, ...], output: Path, env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start `command` with what it says in the file `output`."""
    with output.open("wb") as file:
        return subprocess.Popen(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **env},
            start_new_session=True,
        )


def wait_until(
    is_so: Callable[[], bool], process: subprocess.Popen[bytes], output: Path, timeout_s: float
) -> None:
    """Wait while `process` lives; `RuntimeError` with the end of its output when it does not, or
    is late."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        if process.poll() is not None or time.monotonic() > deadline:
            said = output.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{process.args!r} did not become ready:\n{said}")
        time.sleep(_POLL_S)


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, then kill -9 when that is not enough."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_TIMEOUT_S)
