"""What a killed server has left is told by its environment, and ended."""

import os
import subprocess
from pathlib import Path

from agent_memory.host.remnants import end_remnants, mark_of


def test_what_a_server_of_that_directory_began_is_ended_and_nothing_else(tmp_path: Path) -> None:
    ours = _sleeper(tmp_path / "ours")
    others = _sleeper(tmp_path / "others")
    end_remnants(tmp_path / "ours")
    assert ours.poll() is not None
    assert others.poll() is None
    others.kill()
    others.wait()


def _sleeper(home: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["sleep", "60"], env={**os.environ, **mark_of(home)})
