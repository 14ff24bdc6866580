"""Names of stores, memories and versions, and the contexts that they stand for.

A store is a prefix of keys: the memory `/notes/a.md` of the store `team` is the context
`team/notes/a.md`. A memory bears the name of its lineage, a version that and its number.
"""

import re
import unicodedata
from dataclasses import dataclass

from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.ids import ContextKey, Lineage

_STORE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
_MAX_SEGMENTS = 20
_MAX_PATH_BYTES = 1024
_LIFE, _MEMORY, _VERSION = "life_", "mem_", "memver_"
_DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class VersionName:
    """version: None of a deletion."""

    lineage: Lineage
    version: int | None


def prefix_of(store: str) -> str:
    """The beginning of the keys of a store; `NotFound` for what cannot be one."""
    if _STORE.fullmatch(store) is None:
        raise NotFound("memory store", store)
    return f"{store}/"


def check_path(path: str, param: str = "path") -> str:
    """`path` as it is; `InvalidRequest` unless it may be one."""
    is_path = (
        path.startswith("/")
        and len(path.encode()) <= _MAX_PATH_BYTES
        and path.count("/") <= _MAX_SEGMENTS
        and unicodedata.is_normalized("NFC", path)
    )
    if not is_path:
        raise InvalidRequest(
            f"A path begins with '/', has 1 to {_MAX_SEGMENTS} segments and at most "
            f"{_MAX_PATH_BYTES} bytes, and is in Unicode's form NFC.",
            param,
        )
    return path


def path_of(key: ContextKey, prefix: str) -> str:
    return "/" + key.removeprefix(prefix)


def memory_id(lineage: Lineage) -> str:
    return _MEMORY + lineage.removeprefix(_LIFE)


def version_id(lineage: Lineage, version: int | None) -> str:
    number = _DELETED if version is None else str(version)
    return f"{_VERSION}{lineage.removeprefix(_LIFE)}_{number}"


def lineage_of(memory: str) -> Lineage:
    """`NotFound` for what is no memory's id."""
    if not memory.startswith(_MEMORY):
        raise NotFound("memory", memory)
    return Lineage(_LIFE + memory.removeprefix(_MEMORY))


def version_of(name: str) -> VersionName:
    """`NotFound` for what is no version's id."""
    body, _, number = name.removeprefix(_VERSION).rpartition("_")
    if not name.startswith(_VERSION) or not body:
        raise NotFound("memory version", name)
    if number == _DELETED:
        return VersionName(Lineage(_LIFE + body), None)
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise NotFound("memory version", name)
    return VersionName(Lineage(_LIFE + body), int(number))
