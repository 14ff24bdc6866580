"""How a starting server looks."""

from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from agent_memory.cli.progress import reporting
from agent_memory.host.reporting import Banner, Reporter

BANNER = Banner(
    url="http://127.0.0.1:8000",
    key="am_1_secret",
    model="tiny",
    model_notes=(),
    data_dir="/data",
    seconds=4.2,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Stage:
    """A reporter with what it has written."""

    def __init__(self, *, is_terminal: bool) -> None:
        self._out = StringIO()
        self._err = StringIO()
        self.clock = Clock()
        self._reporting = reporting(
            Console(file=self._out, force_terminal=is_terminal, width=60, color_system=None),
            Console(file=self._err, width=60),
            self.clock,
        )
        self.reporter: Reporter = self._reporting.__enter__()

    def leave(self) -> None:
        self._reporting.__exit__(None, None, None)

    @property
    def out(self) -> str:
        return self._out.getvalue()

    @property
    def err(self) -> str:
        return self._err.getvalue()


@pytest.fixture
def file() -> Iterator[Stage]:
    stage = Stage(is_terminal=False)
    yield stage
    stage.leave()


@pytest.fixture
def terminal() -> Iterator[Stage]:
    stage = Stage(is_terminal=True)
    yield stage
    stage.leave()


def test_in_a_file_every_stage_is_one_line_with_its_time(file: Stage) -> None:
    file.reporter.step("Starting PostgreSQL")
    file.clock.now += 1.5
    file.reporter.step("Loading the model")

    assert file.out == "[   0.0 s] Starting PostgreSQL\n[   1.5 s] Loading the model\n"


def test_on_a_terminal_a_finished_stage_leaves_its_duration(terminal: Stage) -> None:
    terminal.reporter.step("Starting PostgreSQL")
    terminal.clock.now += 1.5
    terminal.reporter.step("Loading the model")
    terminal.clock.now += 2.0
    terminal.reporter.ready(BANNER)

    assert "Starting PostgreSQL: done, 1.5 s\n" in terminal.out
    assert "Loading the model: done, 2.0 s\n" in terminal.out


def test_an_error_goes_to_standard_error_and_ends_the_stage(terminal: Stage) -> None:
    terminal.reporter.step("Opening the port")
    terminal.reporter.error("Port 8000 is in use; choose another --port.")

    assert terminal.err == "agent-memory: Port 8000 is in use; choose another --port.\n"
    assert "Opening the port: failed" in terminal.out


def test_the_last_stage_ends_with_the_command(terminal: Stage) -> None:
    terminal.reporter.step("Stopping")
    terminal.reporter.note("Everything is on disk.")
    terminal.leave()

    assert terminal.out.endswith("Stopping: done, 0.0 s\n")
    assert "Everything is on disk.\n" in terminal.out
    assert terminal.out.count("\x1b[?25l") == terminal.out.count("\x1b[?25h")  # cursor: hide, show


@pytest.mark.parametrize("is_terminal", [True, False])
def test_lines_to_copy_are_never_broken(is_terminal: bool) -> None:
    stage = Stage(is_terminal=is_terminal)

    stage.reporter.ready(BANNER)

    copied = "ANTHROPIC_BASE_URL=http://127.0.0.1:8000 ANTHROPIC_AUTH_TOKEN=am_1_secret claude"
    assert f"  {copied}\n" in stage.out
