"""The marks by which a model tells the parts of its output apart."""

from dataclasses import dataclass

from agent_memory.prompts.call_forms.reader import CallForm


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """How a model marks the parts of what it writes. A marker that is None is not looked for.

    call_end: None or "" when a call extends to the end of the output.
    has_json_calls: the body of a call is a JSON object with name and arguments.
    call_form: calls that a reader of their own takes, beside those between the two marks or in
        their stead.
    ends_thinking_by_token: the end mark of thinking is a token of its own (`push_mark`). Where
        thinking spells it in others, it speaks of the mark, unless no such token follows.
    dropped: marks of structure that are no part of the text.
    """

    think_start: str | None = None
    think_end: str | None = None
    call_start: str | None = None
    call_end: str | None = None
    has_json_calls: bool = False
    call_form: CallForm | None = None
    ends_thinking_by_token: bool = False
    dropped: tuple[str, ...] = ()

    @property
    def call_starts(self) -> tuple[str, ...]:
        """All marks that begin a call."""
        own = () if self.call_form is None else self.call_form.starts
        return (*((self.call_start,) if self.call_start else ()), *own)
