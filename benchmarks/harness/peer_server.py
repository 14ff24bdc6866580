"""A peer's server under measurement."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx

from agent_memory.device.cpu.blas import find_openblas
from agent_memory.host.free_ports import free_ports
from benchmarks.harness.subject import STOP_TIMEOUT_S, interrupt, launch, wait_until

START_TIMEOUT_S = 120.0


class PeerServer:
    """A server that takes `--model`, `--host` and `--port` and answers `/health`, with its defaults
    and with the BLAS that our engine gets.

    name: of its module and in tables. python: the interpreter that has it.
    """

    name = ""
    environment: Mapping[str, str] = {}

    def __init__(self, output: Path, model: Path, python: str) -> None:
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self._output = output
        self._model = model
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        return {}

    @property
    def model_id(self) -> str:
        return str(self._model)

    def start(self) -> None:
        options = ("--model", str(self._model), "--host", "127.0.0.1", "--port", str(self.port))
        openblas = find_openblas()
        preload = {} if openblas is None else {"LD_PRELOAD": str(openblas)}
        command = (self._python, "-m", self.name, *options, "--log-level", "WARNING")
        self._process = launch(command, self._output, {**preload, **self.environment})
        wait_until(self._is_healthy, self._process, self._output, START_TIMEOUT_S)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_TIMEOUT_S)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            interrupt(self._process)

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False
