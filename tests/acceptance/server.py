"""A real server in a process of its own, started and ended as its owner would."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import orjson
import psutil

from agent_memory.host.environment import runtime_folder
from agent_memory.host.free_ports import free_ports

START_TIMEOUT_S = 240.0
STOP_TIMEOUT_S = 60.0
COMMAND = (sys.executable, "-m", "agent_memory.cli")
BANNER_END = "Ctrl-C stops it"


class Server:
    """`agent-memory serve` on a data directory and a port of its own.

    surroundings: further variables of its environment; launcher: a command that runs its own.
    program: which `agent-memory`, by default that of this copy; folder: where it is started.
    """

    surroundings: Mapping[str, str] = {}
    launcher: Sequence[str] = ()
    program: Sequence[str] = COMMAND
    folder: Path | None = None

    def __init__(self, home: Path, model: Path, **settings: str) -> None:
        self.home = home
        self.model = model
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = home.with_suffix(".out")
        self._settings = {f"AGENT_MEMORY_{k.upper()}": v for k, v in settings.items()}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def key(self) -> str:
        """The key that the first start showed."""
        found = re.search(r"am_[0-9a-f]{12}_[\w-]+", self.said)
        if found is not None:
            self._key = found.group()
        return self._key

    @property
    def said(self) -> str:
        return self.output.read_text()

    def start(self) -> "Server":
        """Start it and wait for its banner."""
        command = (*self.program, "serve", "--port", str(self.port), "--data-dir", str(self.home))
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                (*self.launcher, *command, "--model", str(self.model)),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self._settings, **self.surroundings},
                cwd=self.folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while BANNER_END not in self.said:
            assert self._process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)
        return self

    def recovered(self) -> "Server":
        """Itself, once it is ready; started, when it does not run."""
        if self._process is None or self._process.poll() is not None:
            return self.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._succeeds("/health/ready"):
            assert time.monotonic() < deadline, self.said
            time.sleep(0.2)
        return self

    def terminate_later(self) -> bool:
        """Ask it to stop and do not wait; True when it was running."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGINT)
        return self._process.poll() is None

    def wait(self) -> int:
        assert self._process is not None
        return self._process.wait(STOP_TIMEOUT_S)

    def kill_postgres(self) -> None:
        """kill -9 the embedded database's postmaster."""
        pid = int((self.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """kill -9, and wait until its port is free."""
        self.kill_itself()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while self._raylet() is not None or self.answers():
            assert time.monotonic() < deadline, "something of the killed server lives on"
            time.sleep(0.2)

    def kill_itself(self) -> None:
        """kill -9, and leave alone what it has started."""
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_TIMEOUT_S)

    def discard(self) -> None:
        """Kill it, if it runs, and what it left outside its data directory."""
        self.kill()
        shutil.rmtree(runtime_folder(self.home), ignore_errors=True)

    def answers(self) -> bool:
        return self._succeeds("/health/live")

    def _succeeds(self, path: str) -> bool:
        try:
            return httpx.get(f"{self.url}{path}", timeout=2).is_success
        except httpx.HTTPError:
            return False

    def processes_of(self, actor: str) -> list[int]:
        """Process ids of this server's actors of one class."""
        raylet = self._raylet()
        return [
            pid
            for pid, parent, title in _processes()
            if parent == raylet and title.startswith(f"ray::{actor}")
        ]

    def ray_processes(self, program: str) -> list[int]:
        """Process ids of one of the programs of this server's Ray."""
        folder = str(runtime_folder(self.home))
        return [pid for pid, _, title in _processes() if program in title and folder in title]

    def proxies(self) -> list[int]:
        """Process ids of this server's HAProxy; none where Ray Serve's own proxy stands in."""
        run = str(self.home / "run")
        return [pid for pid, _, title in _processes() if "haproxy" in title and run in title]

    def kill_actor(self, actor: str) -> None:
        """kill -9 every process of one actor class."""
        self.kill_processes(self.processes_of(actor))

    @staticmethod
    def kill_processes(pids: list[int]) -> None:
        assert pids, "nothing to kill"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line on this server's data directory."""
        return subprocess.run(
            (*self.program, *arguments, "--data-dir", str(self.home)),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, **self._settings},
        )

    def json_command(self, *arguments: str) -> object:
        done = self.command(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return orjson.loads(done.stdout)

    def _raylet(self) -> int | None:
        folder = str(runtime_folder(self.home))
        for pid, _, title in _processes():
            if "raylet/raylet" in title and folder in title:
                return pid
        return None


def _processes() -> list[tuple[int, int, str]]:
    """(pid, parent's pid, command line) of every live process."""
    found = []
    for process in psutil.process_iter():
        # One that ended meanwhile is none; nor can anything of ours be another user's.
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied), process.oneshot():
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append((process.pid, process.ppid(), " ".join(process.cmdline())))
    return found
