"""A stack trace, whatever language printed it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MAX_CAUSES = 20
"""Of a chain; what is printed beyond them leads nowhere new."""


class Language(StrEnum):
    PYTHON = "python"
    JAVA = "java"
    JAVASCRIPT = "javascript"
    GO = "go"
    RUST = "rust"


@dataclass(frozen=True, slots=True)
class Frame:
    """One call on a stack.

    function: qualified, as printed; empty when it is not known. file: as printed. is_project: it is
    neither of the language's library, nor of a test framework, nor of an installed package.
    """

    function: str
    file: str | None
    line: int | None
    is_project: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """Lines [begin, end). `frames`: the innermost call first. `causes`: what led to it, the nearest
    first; of an exception group, its members."""

    language: Language
    exception: str
    message: str
    frames: tuple[Frame, ...]
    begin: int
    end: int
    causes: tuple["Trace", ...] = ()

    def chain(self) -> Iterator["Trace"]:
        """Itself and everything that led to it."""
        yield self
        for cause in self.causes:
            yield from cause.chain()

    def project_frames(self, limit: int) -> tuple[Frame, ...]:
        """The top frames of the project over the whole chain; of a library when there are none."""
        frames = [frame for trace in self.chain() for frame in trace.frames]
        own = dict.fromkeys(frame for frame in frames if frame.is_project)
        return tuple(own or dict.fromkeys(frames))[:limit]
