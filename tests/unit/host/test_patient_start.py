"""A Ray that does not come up in time."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from agent_memory.errors import Unavailable
from agent_memory.host.patient_start import end_processes_below, start_patiently

DEAD = "Failed to start GCS.  Last 0 lines of error files:.Please check gcs_server.out for details."
LATE = "The current node timed out during startup. This could happen because some of the raylet …"


class Ray:
    """Starts that fail with these sentences, one after another, and then one that succeeds."""

    def __init__(self, *failures: str) -> None:
        self._failures = list(failures)
        self.story: list[str] = []

    def start(self) -> None:
        self.story.append("start")
        if self._failures:
            raise RuntimeError(self._failures.pop(0))

    def end(self) -> None:
        self.story.append("end")


@pytest.mark.parametrize("failure", [LATE, DEAD])
def test_a_start_that_fails_for_the_moment_is_made_once_more(failure: str) -> None:
    ray = Ray(failure)
    start_patiently(ray.start, ray.end)
    assert ray.story == ["start", "end", "start"]


@pytest.mark.parametrize("failure", [LATE, DEAD])
def test_the_second_time_is_said_with_the_cause_and_the_advice(failure: str) -> None:
    ray = Ray(LATE, failure)
    with pytest.raises(Unavailable, match=r"twice.* too busy; try again"):
        start_patiently(ray.start, ray.end)


def test_what_time_does_not_mend_is_not_tried_again() -> None:
    ray = Ray("AF_UNIX path length cannot exceed 107 bytes")
    with pytest.raises(RuntimeError, match="AF_UNIX"):
        start_patiently(ray.start, ray.end)
    assert ray.story == ["start"]


@pytest.fixture
def children(tmp_path: Path) -> Iterator[list[psutil.Process]]:
    """One that works in the folder, and one that does not."""
    command = (sys.executable, "-c", "import time; time.sleep(60)")
    with (
        subprocess.Popen([*command, f"--logs={tmp_path}/session/logs"]) as inside,
        subprocess.Popen([*command, "--logs=/elsewhere"]) as outside,
    ):
        yield [psutil.Process(inside.pid), psutil.Process(outside.pid)]
        inside.kill()
        outside.kill()


def test_only_what_began_there_is_ended(tmp_path: Path, children: list[psutil.Process]) -> None:
    end_processes_below(tmp_path)
    inside, outside = children
    assert not inside.is_running() or inside.status() == psutil.STATUS_ZOMBIE
    assert outside.is_running()
