"""A coding agent of somebody who types commands, with files of its own."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.acceptance.server import COMMAND, Server
from tests.clients.ran import Ran, run
from tests.clients.releases import Release


class CodingAgent:
    """One client, as `agent-memory launch` starts it.

    work: the folder that it works in. home: where it keeps its configuration and its sessions.
    """

    program: str

    def __init__(self, release: Release, server: Server, home: Path, work: Path) -> None:
        self.release = release
        self.home = home
        self._work = work
        (home / "tmp").mkdir(parents=True)
        self._launched = _launched(self.program, release, server)

    def run(self, *arguments: str) -> Ran:
        """Its command with these arguments, after those that `launch` gives it."""
        launched: Sequence[str] = self._launched["arguments"]
        return self.command(*launched, *arguments)

    def command(self, *arguments: str) -> Ran:
        return run(
            self._launched["program"], *arguments, folder=self._work, environment=self._variables()
        )

    def own_variables(self) -> Mapping[str, str]:
        """Where this client is told to keep its files, and whatever else it wants to be told."""
        raise NotImplementedError

    def _variables(self) -> dict[str, str]:
        # Codex wants its home outside of the folder for temporary files.
        places = {"HOME": str(self.home), "TMPDIR": str(self.home / "tmp")}
        ours = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        return {**places, **ours, **self._launched["environment"], **self.own_variables()}


def _launched(program: str, release: Release, server: Server) -> dict[str, Any]:
    """How `agent-memory launch` would start it."""
    path = f"{release.programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        (*COMMAND, "launch", "--data-dir", str(server.home), "--json", program),
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told
