"""Work on host bytes beside the thread that owns MLX: one thread reads, one checks what the other
has read, one writes, one copies what goes to rest and comes back."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from agent_memory.engine.guard import Guard

T = TypeVar("T")

log = logging.getLogger(__name__)

Post = Callable[[Callable[[], None]], None]
"""Has something done soon on the thread that owns MLX."""


class Background:
    """Runs jobs in order, reads apart from writes; what follows them runs on MLX's thread."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._reader = ThreadPoolExecutor(1, "shelf-reader")
        self._checker = ThreadPoolExecutor(1, "shelf-checker")
        self._writer = ThreadPoolExecutor(1, "shelf-writer")
        self._copier = ThreadPoolExecutor(1, "copier")

    def read(self, job: Callable[[], T], then: Callable[[T | None], None]) -> None:
        """Do `job`, then `then` with its result, or with None if it raised."""
        self._reader.submit(self._run, job, then)

    def check(self, job: Callable[[], None]) -> "Future[None]":
        """Do `job` beside the thread that reads, which asked for it."""
        return self._checker.submit(job)

    def write(self, job: Callable[[], T], then: Callable[[T | None], None]) -> None:
        """Like `read`, in the order of the calls."""
        self._writer.submit(self._run, job, then)

    def copy(self, job: Callable[[], T], then: Callable[[T | None], None]) -> None:
        """Like `read`, without a disk to wait for."""
        self._copier.submit(self._run, job, then)

    def close(self) -> None:
        """Finish what was begun. Nothing can be submitted any more."""
        self._reader.shutdown()
        self._checker.shutdown()
        self._writer.shutdown()
        self._copier.shutdown()

    def _run(self, job: Callable[[], T], then: Callable[[T | None], None]) -> None:
        result: T | None = None
        with Guard(lambda error: log.error("a job on host bytes failed", exc_info=error)):
            result = job()
        self._post(lambda: then(result))
