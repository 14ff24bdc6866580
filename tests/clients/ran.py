"""A client's command line, run to its end."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 300.0
"""Long, as the machine may be busy, and shorter than any client would wait by itself."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that has ended. said: its standard output; noted: its standard error."""

    code: int
    said: str
    noted: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of its output that are JSON."""
        lines = (line for line in self.said.splitlines() if line.startswith("{"))
        return [json.loads(line) for line in lines]

    def of_type(self, *types: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event.get("type") in types]


def run(*command: str | Path, folder: Path, environment: Mapping[str, str]) -> Ran:
    """Run it offline: only loopback is reached, for its proxy is a port that nothing listens on."""
    nowhere = "http://127.0.0.1:9"
    here = "127.0.0.1,localhost"
    offline = {"HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "NO_PROXY": here, "no_proxy": here}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **offline, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
