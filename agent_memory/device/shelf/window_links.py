"""The names that a snapshot's file has for the earlier files of its windows.

`<file>.w0` is the last of them. They are there before the file has its name, and no longer than it;
what a process that was killed has left of them is taken away when the shelf is scanned.
"""

import re
from pathlib import Path

from agent_memory.device.shelf.durable_file import TMP_SUFFIX
from agent_memory.device.shelf.window_parts import MAX_EARLIER, EarlierPart, WindowParts

_LINK = re.compile(r"(?P<file>.+)\.w\d+")


def link_path(path: Path, number: int) -> Path:
    """Under which name the file at `path` has its `number`th earlier one."""
    return path.with_name(f"{path.name}.w{number}")


def is_link(path: Path) -> bool:
    """Tells by its name that it is an earlier file of another one."""
    return _LINK.fullmatch(path.name) is not None


def links_of(path: Path) -> list[Path]:
    """The names that there are for earlier files of the one at `path`, which may be gone."""
    names = (link_path(path, number) for number in range(MAX_EARLIER))
    return [name for name in names if name.exists()]


def links_to_make(
    path: Path, parts: WindowParts, before: Path, known: tuple[EarlierPart, ...]
) -> list[tuple[Path, Path]]:
    """The earlier files of the snapshot that will be at `path`, and its names for them. known: the
    snapshot at `before` and its own earlier files, of which `parts` are the last.

    Raises `OSError` when one is not there, or not as long as it should be."""
    paths = [before, *(link_path(before, number) for number in range(len(known) - 1))]
    links: list[tuple[Path, Path]] = []
    first = known.index(parts.earlier[0])
    for number, part in enumerate(parts.earlier):
        file = paths[first + number]
        check_size(file, part)
        links.append((file, link_path(path, number)))
    return links


def check_links(path: Path, parts: WindowParts | None) -> None:
    """Raise `OSError` when an earlier file is missing, or not as long as it should be."""
    for number, part in enumerate(parts.earlier if parts is not None else ()):
        check_size(link_path(path, number), part)


def check_size(path: Path, part: EarlierPart) -> None:
    """Raise `OSError` when the file is missing, or not as long as it should be."""
    if (size := path.stat().st_size) != part.nbytes:
        raise OSError(f"'{path.name}' has {size} bytes instead of {part.nbytes}")


def remove_links(path: Path) -> None:
    """Take away the names for earlier files of the one at `path`, which may be gone."""
    for link in links_of(path):
        link.unlink(missing_ok=True)


def remove_if_abandoned(link: Path) -> None:
    """Take away a name whose file is not there and is not being written."""
    match = _LINK.fullmatch(link.name)
    if match is None:
        return
    file = link.with_name(match["file"])
    # The second look is for a file that has got its name in between.
    if not file.exists() and not _is_being_written(file) and not file.exists():
        link.unlink(missing_ok=True)


def _is_being_written(file: Path) -> bool:
    return any(file.parent.glob(f"{file.name}.*{TMP_SUFFIX}"))
