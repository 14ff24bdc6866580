"""Which pieces of a batch are done, kept in a file so that a killed batch goes on where it was."""

from pathlib import Path
from types import TracebackType
from typing import Self

from agent_memory.disk_sync import sync


class DoneList:
    """One name a line. A line that was cut off by a kill is as if it had never been written: its
    piece is done again, which adds nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names = _read(path)

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a", encoding="utf-8")
        if self._path.stat().st_size and not self._path.read_bytes().endswith(b"\n"):
            self._file.write("\n")
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        """Durable on return."""
        self._names.add(name)
        self._file.write(f"{name}\n")
        self._file.flush()
        sync(self._file.fileno())


def _read(path: Path) -> set[str]:
    if not path.exists():
        return set()
    return set(path.read_text(encoding="utf-8").split("\n")[:-1])
