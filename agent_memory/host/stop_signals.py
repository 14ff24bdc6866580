"""Ctrl-C and `kill`: the first asks for a drain, the second for an end at once."""

import os
import signal
import sys
import threading
from types import FrameType

_NOTICE = b"\nStopping as soon as this step is over; Ctrl-C again ends at once.\n"


class StopSignals:
    """Set by SIGINT and SIGTERM."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self.has_started = False
        """The server is ready: until then, whoever asks for the end is told to wait."""

    def listen(self) -> None:
        """Take the signals over; again after whatever took them away (Ray does when it starts)."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def wait(self, timeout_s: float) -> bool:
        """Wait for a signal; True when one has come."""
        return self._asked.wait(timeout_s)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._asked.is_set():
            raise KeyboardInterrupt
        self._asked.set()
        if not self.has_started:
            os.write(sys.stderr.fileno(), _NOTICE)  # a console may be in the midst of printing
