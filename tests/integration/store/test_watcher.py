import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from agent_memory.store.watcher import Watcher


@contextmanager
def an_environment_that_changes() -> Iterator[None]:
    """Another thread sets variables without a pause, as the one that starts Ray does."""
    is_over = threading.Event()

    def change() -> None:
        while not is_over.is_set():
            names = [f"AGENT_MEMORY_TEST_{index}" for index in range(300)]
            for index, name in enumerate(names):
                os.environ[name] = "x" * index
            for name in names:
                del os.environ[name]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_a_watcher_starts_while_another_thread_changes_the_environment() -> None:
    with (
        subprocess.Popen(["/bin/sleep", "60"], env={}) as watched,
        an_environment_that_changes(),
    ):
        for _ in range(20):
            Watcher.over(watched.pid).dismiss()
        assert watched.poll() is None
        watched.kill()
