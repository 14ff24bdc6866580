"""How a benchmark runs: whatever ends it, it ends the servers that it has started."""

import signal
import sys
from collections.abc import Callable
from types import FrameType


def run(main: Callable[[], None]) -> None:
    """Run `main`; SIGTERM and SIGHUP unwind it as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)
    main()


def _exit(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
