"""Paths under /memories, and what is shown of them."""

import posixpath
from collections.abc import Iterable, Sequence

from anthropic.lib.tools import ToolError

ROOT = "/memories"


def checked_path(path: str, *, may_be_root: bool = True) -> str:
    """The path in its plain form; `ToolError` outside /memories."""
    plain = posixpath.normpath(path)
    if plain != ROOT and not plain.startswith(f"{ROOT}/"):
        raise ToolError(f"Path must start with {ROOT}, got: {path}")
    if plain == ROOT and not may_be_root:
        raise ToolError(f"The {ROOT} directory itself stays.")
    return plain


def inside(path: str, paths: Iterable[str]) -> Sequence[str]:
    """The file of that path, or the files of that folder; all of them for the root."""
    found = [one for one in paths if one == path or one.startswith(f"{path}/")]
    return found or ([path] if path == ROOT else [])


def listed(path: str, paths: Iterable[str]) -> str:
    """A folder as the model sees it."""
    names = [one for one in paths if one.startswith(f"{path}/")]
    return "\n".join([f"Here're the files and directories in {path}:", *names])


def numbered(path: str, text: str, view_range: Sequence[int] | None) -> str:
    """A file with its line numbers, from the first line of the range to the last; -1 is the end."""
    lines = list(enumerate(text.splitlines(), 1))
    if view_range:
        first, last = view_range[0], view_range[1]
        lines = lines[first - 1 : None if last == -1 else last]
    shown = [f"{number:6d}\t{line}" for number, line in lines]
    return "\n".join([f"Here's the content of {path} with line numbers:", *shown])
