"""Waiting until a thread has gone, its destructors included."""

import signal
import sys
import threading
import time
from pathlib import Path

_POLL_S = 0.001


def wait_until_gone(thread: threading.Thread, timeout_s: float = 5.0) -> None:
    """To be called after `join`, which returns before Python 3.13 while destructors of the thread,
    MLX's among them, have yet to run; a process that ends meanwhile is aborted."""
    deadline = time.monotonic() + timeout_s
    while _is_there(thread) and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _is_there(thread: threading.Thread) -> bool:
    """Whether the system still knows the thread."""
    if sys.version_info >= (3, 13) or thread.ident is None:
        return False
    if sys.platform == "linux":
        return Path(f"/proc/self/task/{thread.native_id}").exists()
    try:
        signal.pthread_kill(thread.ident, 0)  # macOS looks it up, and says when it is not there
    except ProcessLookupError:
        return False
    return True
