"""How a starting and stopping server looks, on a terminal and in a file."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agent_memory.cli.banner import banner_lines
from agent_memory.host.reporting import Banner, Reporter

Clock = Callable[[], float]


@contextmanager
def reporting(out: Console, err: Console, clock: Clock = time.monotonic) -> Iterator[Reporter]:
    """A live line for the stage at work on a terminal; anywhere else one plain line a stage."""
    if not out.is_terminal:
        yield PlainReporter(out, err, clock)
        return
    reporter = LiveReporter(out, err, clock)
    try:
        yield reporter
    finally:
        reporter.close()


class PlainReporter:
    """One line a stage, with the seconds since the start before it."""

    def __init__(self, out: Console, err: Console, clock: Clock) -> None:
        self._out = out
        self._err = err
        self._clock = clock
        self._started_at = clock()

    def step(self, text: str) -> None:
        self.note(text)

    def note(self, text: str) -> None:
        seconds = self._clock() - self._started_at
        self._out.print(f"[{seconds:6.1f} s] {text}", soft_wrap=True)

    def ready(self, banner: Banner) -> None:
        for line in banner_lines(banner):
            self._out.print(line, soft_wrap=True)

    def error(self, text: str) -> None:
        self._err.print(f"agent-memory: {text}", soft_wrap=True)


class LiveReporter:
    """A spinner and a running clock for the stage at work; a finished one leaves its line."""

    def __init__(self, out: Console, err: Console, clock: Clock) -> None:
        self._out = out
        self._err = err
        self._clock = clock
        self._stage: str | None = None
        self._stage_began_at = clock()
        self._live = self._new_live()

    def step(self, text: str) -> None:
        self._finish_stage("done")
        self._stage = text
        self._stage_began_at = self._clock()
        self._live.add_task(text)
        self._live.start()

    def note(self, text: str) -> None:
        self._out.print(f"  {text}", soft_wrap=True)

    def ready(self, banner: Banner) -> None:
        self._finish_stage("done")
        for line in banner_lines(banner):
            self._out.print(line, soft_wrap=True)

    def error(self, text: str) -> None:
        self._finish_stage("failed")
        self._err.print(f"agent-memory: {text}", soft_wrap=True)

    def close(self) -> None:
        """End the stage at work: a live line left alone would hide the cursor for good."""
        self._finish_stage("done")

    def _finish_stage(self, outcome: str) -> None:
        """Stop the clock: a live line must not be drawn over what is printed next."""
        if self._stage is None:
            return
        self._live.stop()
        self._live = self._new_live()
        seconds = self._clock() - self._stage_began_at
        self._out.print(f"  {self._stage}: {outcome}, {seconds:.1f} s", soft_wrap=True)
        self._stage = None

    def _new_live(self) -> Progress:
        return Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=self._out,
            transient=True,
        )
