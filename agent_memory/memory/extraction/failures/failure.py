"""Something that went wrong: a test, or a program with a stack."""

from dataclasses import dataclass

from agent_memory.memory.extraction.trace import Frame, Trace


@dataclass(frozen=True, slots=True)
class Test:
    """Which test it was. `name` may be qualified; `suite` is its class, file or package."""

    __test__ = False

    name: str
    suite: str | None = None
    file: str | None = None

    @property
    def test_id(self) -> str:
        """As its runner would take it: `tests/test_a.py::test_b`, `org.x.FooTest::testBar`."""
        return f"{self.suite}::{self.name}" if self.suite else self.name


@dataclass(frozen=True, slots=True)
class Failure:
    """Lines [begin, end). `frames`: those of the project, the innermost first, at most
    `MAX_FRAMES`; `test` is None for a stack that no test owns."""

    test: Test | None
    exception: str
    message: str
    frames: tuple[Frame, ...]
    begin: int
    end: int
    causes: tuple[str, ...] = ()
    """`Type: message` of what led to it, the nearest first."""
    language: str | None = None


MAX_FRAMES = 12


def failure_of(trace: Trace, test: Test | None, begin: int, end: int) -> Failure:
    return Failure(
        test,
        trace.exception,
        trace.message,
        trace.project_frames(MAX_FRAMES),
        begin,
        end,
        tuple(
            f"{cause.exception}: {cause.message}".rstrip(": ") for cause in list(trace.chain())[1:]
        ),
        trace.language.value,
    )
