"""A packed text: its lines in order, and the items left out."""

from dataclasses import dataclass

from agent_memory.memory.search.recalled import Recalled


@dataclass(frozen=True, slots=True)
class Line:
    """An item in the text. `text` has neither mark nor date; it is cut when not `is_whole`."""

    mark: int
    recalled: Recalled
    text: str
    is_whole: bool

    @property
    def marked(self) -> str:
        """As it stands in the text."""
        return f"[{self.mark}] {self.text}"


@dataclass(frozen=True, slots=True)
class Packed:
    """Lines by date, each after its mark; `num_tokens` are those of `text`.

    num_duplicates: left out because a line says the same. num_over_budget: for want of tokens.
    """

    text: str
    lines: tuple[Line, ...]
    num_tokens: int
    num_duplicates: int = 0
    num_over_budget: int = 0

    @property
    def ranked(self) -> tuple[Line, ...]:
        """The lines in the order of their scores."""
        return tuple(sorted(self.lines, key=lambda line: (-line.recalled.score, line.mark)))
