"""A folder for one run of a benchmark, with its model; nothing of it is left."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent_memory.testing.models import make_model_folder


@dataclass(frozen=True, slots=True)
class Workplace:
    folder: Path
    model: Path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder."""
    with tempfile.TemporaryDirectory(prefix="am-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def workplace(shape: str) -> Iterator[Workplace]:
    """A temporary folder with a random-weight model of `shape` (see `agent_memory.testing`)."""
    with scratch_folder() as folder:
        yield Workplace(folder, make_model_folder(folder / shape, shape))
