"""Where unusable files wait for somebody to look at them."""

from pathlib import Path

from agent_memory.device.shelf.durable_file import make_folder


class Quarantine:
    """A folder of bad files, the oldest dropped beyond `budget` bytes."""

    def __init__(self, folder: Path, budget: int = 256 * 1024 * 1024) -> None:
        self._folder = folder
        self._budget = budget

    def take(self, path: Path) -> None:
        """Move `path` here. One that is gone already is no matter."""
        make_folder(self._folder)
        try:
            path.replace(self._folder / path.name)
        except FileNotFoundError:
            return
        self._enforce_budget()

    def _enforce_budget(self) -> None:
        files = [(path.stat(), path) for path in self._folder.iterdir() if path.is_file()]
        files.sort(key=lambda item: item[0].st_ctime_ns, reverse=True)
        total = 0
        for stat, path in files:
            total += stat.st_size
            if total > self._budget:
                path.unlink(missing_ok=True)
