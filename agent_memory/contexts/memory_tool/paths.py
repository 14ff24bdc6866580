"""Paths of the memory tool, and the contexts that they stand for.

The path `/memories/notes/a.md` is the context `PREFIX/notes/a.md`. A folder is the beginning of
keys: it comes and goes with its files.
"""

from dataclasses import dataclass
from urllib.parse import unquote

from agent_memory.contexts.memory_tool.problem import ToolProblem
from agent_memory.contexts.reachable import reachable_key
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ContextKey

ROOT = "/memories"


@dataclass(frozen=True, slots=True)
class ToolPath:
    """shown: as the model wrote it, without a slash at the end. key: None of the root."""

    shown: str
    key: ContextKey | None

    @property
    def is_root(self) -> bool:
        return self.key is None


def tool_path(text: str, prefix: str) -> ToolPath:
    """The path `text`, over contexts whose keys begin with `prefix` and a slash. `ToolProblem` for
    what is not below the root, however it is spelled."""
    if text != ROOT and not text.startswith(f"{ROOT}/"):
        raise ToolProblem(f"Path must start with {ROOT}, got: {text}")
    shown = text.rstrip("/")
    if shown == ROOT:
        return ToolPath(ROOT, None)
    if _climbs(shown):
        raise ToolProblem(f"Path {text} would escape {ROOT} directory")
    try:
        key = reachable_key(f"{prefix}/{shown.removeprefix(f'{ROOT}/')}", "path")
    except InvalidRequest as error:
        raise ToolProblem(f"The path {text} cannot be used: {error}") from error
    return ToolPath(shown, key)


def _climbs(path: str) -> bool:
    """Whether any reading of the path has a segment that goes up."""
    spelled = unquote(unquote(path)).replace("\\", "/")
    return any(segment.strip() in {".", ".."} for segment in spelled.split("/"))
