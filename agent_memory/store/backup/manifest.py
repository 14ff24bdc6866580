"""The manifest of a backup: what is in it, and by which figures it is checked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from pydantic import TypeAdapter, ValidationError

from agent_memory.errors import InvalidRequest

FORMAT = 1


@dataclass(frozen=True, slots=True)
class TableDigest:
    """The rows of a table. digest: the sum of their SHA-256, whatever order they stand in."""

    num_rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class PartDigest:
    """A file within the backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """migrations: name to checksum, as they were applied. outside: secrets that a restored server
    needs and that are not in the backup, in words."""

    format: int
    version: str
    made_at: datetime
    migrations: Mapping[str, str]
    tables: Mapping[str, TableDigest]
    parts: Mapping[str, PartDigest]
    outside: tuple[str, ...]

    def as_json(self) -> bytes:
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)

    @classmethod
    def read(cls, data: bytes) -> "Manifest":
        """`InvalidRequest` when it is none, or of a newer version."""
        try:
            manifest = _MANIFEST.validate_json(data)
        except ValidationError as error:
            raise InvalidRequest("The manifest of this backup cannot be read.", "file") from error
        if manifest.format > FORMAT:
            raise InvalidRequest(
                f"The backup was made by a newer version ({manifest.version}): restore it with "
                "that one.",
                "file",
            )
        return manifest

    @property
    def num_rows(self) -> int:
        return sum(table.num_rows for table in self.tables.values())


_MANIFEST = TypeAdapter(Manifest)
