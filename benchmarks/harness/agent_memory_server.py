"""`agent-memory serve` under measurement."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from agent_memory.host.environment import runtime_folder
from agent_memory.host.free_ports import free_ports
from benchmarks.harness.process_table import Process, family
from benchmarks.harness.subject import STOP_TIMEOUT_S, interrupt, launch, wait_until

START_TIMEOUT_S = 300.0
BANNER_END = "Ctrl-C stops it"


class AgentMemoryServer:
    """The whole product on a data directory and a port of its own."""

    name = "agent-memory"

    def __init__(self, home: Path, model: str) -> None:
        self.home = home
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = home.with_suffix(".out")
        self._model = model
        self._key = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._key}"}

    @property
    def model_id(self) -> str:
        return "served"

    @property
    def said(self) -> str:
        return self.output.read_text()

    def start(self) -> None:
        options = ("--port", str(self.port), "--data-dir", str(self.home), "--model", self._model)
        command = (sys.executable, "-m", "agent_memory.cli", "serve", *options)
        self._process = launch(command, self.output, {"COLUMNS": "200"})
        wait_until(lambda: BANNER_END in self.said, self._process, self.output, START_TIMEOUT_S)
        if (found := re.search(r"am_[0-9a-f]{12}_[\w-]+", self.said)) is not None:
            self._key = found.group()

    def family(self) -> dict[int, Process]:
        """Its processes now: its own, Ray's, HAProxy's and PostgreSQL's."""
        pid = self._process.pid if self._process is not None else -1
        return family(pid, (str(self.home), str(runtime_folder(self.home))))

    def kill(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(STOP_TIMEOUT_S)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while self._ray_runs() or self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError("something of the killed server lives on")
            time.sleep(0.1)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            interrupt(self._process)
        for pid in self.family():
            os.kill(pid, signal.SIGKILL)

    def _ray_runs(self) -> bool:
        return any("raylet/raylet" in process.command for process in self.family().values())

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/live", timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False


@contextmanager
def agent_memory_server(home: Path, model: str) -> Iterator[AgentMemoryServer]:
    """A server that is not started yet; in the end it is stopped, and its sockets' folder gone."""
    server = AgentMemoryServer(home, model)
    try:
        yield server
    finally:
        server.close()
        shutil.rmtree(runtime_folder(home), ignore_errors=True)
