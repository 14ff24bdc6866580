"""A document that a turn reads beside the conversation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AttachedContext:
    """One version of a context. lineage: of this life of its key, in which versions count."""

    key: str
    lineage: str
    version: int
    text: str

    @property
    def mark(self) -> str:
        """Stands in the transcript for what the model has read."""
        return f"{_MARK}{self.lineage}.{self.version}"


_MARK = "context:"


def read_mark(mark: str) -> tuple[str, int] | None:
    """The lineage and version that a mark stands for; None for what is no mark."""
    lineage, _, version = mark.removeprefix(_MARK).rpartition(".")
    if not mark.startswith(_MARK) or not version.isdigit():
        return None
    return lineage, int(version)
