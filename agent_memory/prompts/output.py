"""What a model has written, taken apart into thinking, text and calls of tools while it is written.

    text ──think_start──► thinking ──think_end──► text
    text or thinking ──call_start──► call ──call_end──► text

Markers are matched on text, so that it makes no difference how they were tokenised or cut. What
may be the beginning of a marker or of a stop string is held back until that is decided.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from agent_memory.prompts.call_body import CallBody
from agent_memory.prompts.calls import ParseCall, ParsedCall, parse_json_calls, parse_or_mend
from agent_memory.prompts.stopping import StopMatcher, held_suffix
from agent_memory.prompts.token_ledger import TokenLedger
from agent_memory.turns.events import (
    TextDelta,
    ThinkingDelta,
    TokenLogprob,
    ToolCallDelta,
    ToolCallStarted,
)

logger = logging.getLogger(__name__)

OutputDelta = TextDelta | ThinkingDelta | ToolCallStarted | ToolCallDelta


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """How a model marks the parts of what it writes. A marker that is None is not looked for.

    call_end: None or "" when a call extends to the end of the output.
    has_json_calls: the body of a call is a JSON object with name and arguments.
    dropped: marks of structure that are no part of the text.
    """

    think_start: str | None = None
    think_end: str | None = None
    call_start: str | None = None
    call_end: str | None = None
    has_json_calls: bool = False
    dropped: tuple[str, ...] = ()


class _State(Enum):
    TEXT = auto()
    THINKING = auto()
    CALL = auto()
    STOPPED = auto()


class OutputParser:
    """Takes decoded text in pieces and gives out deltas of one choice.

    Whitespace around thinking, after it, and around calls belongs to no part and is dropped.
    Stop strings are looked for in text only. `parse_call` reads a finished call in the model's
    format; a call that nobody can read is given out as text, as it was written. With
    `is_single_call` everything ends behind the first call.
    """

    def __init__(
        self,
        form: OutputFormat,
        *,
        index: int,
        parse_call: ParseCall,
        new_call_id: Callable[[], str],
        stops: Sequence[str] = (),
        is_single_call: bool = False,
        starts_in_thinking: bool = False,
    ) -> None:
        self._form = form
        self._index = index
        self._parse_call = parse_call
        self._new_call_id = new_call_id
        self._stops = StopMatcher(stops)
        self._is_single_call = is_single_call
        self._state = _State.THINKING if starts_in_thinking else _State.TEXT
        self._drops_leading_spaces = starts_in_thinking
        self._ledger = TokenLedger()
        self._pending = ""
        self._spaces = ""
        self._call = CallBody(is_json=False)
        self._is_call_open = False
        self._num_marker_tokens = 0
        self._deltas: list[OutputDelta] = []
        self.stop_sequence: str | None = None
        """The stop string that was met; nothing is given out after it."""
        self.has_tool_calls = False
        self.is_complete = False
        """The only call that is wanted was given out."""

    def push(
        self, text: str, num_tokens: int = 1, logprobs: Sequence[TokenLogprob] = ()
    ) -> tuple[OutputDelta, ...]:
        """Read on: the next `num_tokens` tokens and the text that they have added."""
        if self._state is _State.STOPPED:
            return ()
        self._ledger.add(len(text), num_tokens, logprobs)
        self._pending += text
        while self._advance():
            pass
        return self._take_deltas()

    def finish(self) -> tuple[OutputDelta, ...]:
        """Nothing follows: what was held back, and the call that is still open."""
        while self._state is not _State.STOPPED and (self._pending or self._state is _State.CALL):
            rest, self._pending = self._pending, ""
            self._read(rest)
            if self._state is _State.CALL:
                self._end_call("")
        if self._state is _State.TEXT:
            self._give_text(self._stops.flush())
            self._give_spaces()
        self._state = _State.STOPPED
        return self._take_deltas()

    def _take_deltas(self) -> tuple[OutputDelta, ...]:
        deltas, self._deltas = tuple(self._deltas), []
        return deltas

    def _advance(self) -> bool:
        """Read up to the next marker, or as far as is certain; False when more text is needed."""
        markers = self._markers()
        at, marker = _first(self._pending, markers)
        if marker is None:
            certain = len(self._pending) - held_suffix(self._pending, markers)
            before, self._pending = self._pending[:certain], self._pending[certain:]
            self._read(before)
            return False
        before, self._pending = self._pending[:at], self._pending[at:]
        self._read(before)
        if self._state is _State.STOPPED:
            return False
        if self._state is _State.TEXT and marker not in self._form.dropped:
            self._give_text(self._stops.flush())
        self._pending = self._pending[len(marker) :]
        self._pass(marker)
        self._num_marker_tokens, _ = self._tokens()
        return True

    def _markers(self) -> tuple[str, ...]:
        form = self._form
        match self._state:
            case _State.TEXT:
                candidates = (form.think_start, form.call_start, *form.dropped)
            case _State.THINKING:
                candidates = (form.think_end, form.call_start)
            case _State.CALL:
                candidates = (form.call_end, form.call_start if form.has_json_calls else None)
            case _State.STOPPED:
                candidates = ()
            case _:
                assert_never(self._state)
        return tuple(marker for marker in candidates if marker)

    def _read(self, text: str) -> None:
        """Text of the present state, without markers."""
        if not text:
            return
        match self._state:
            case _State.TEXT:
                self._read_text(text)
            case _State.THINKING:
                self._read_thinking(text)
            case _State.CALL:
                self._read_call(text)
            case _State.STOPPED:
                pass
            case _:
                assert_never(self._state)

    def _pass(self, marker: str) -> None:
        """Leave the present state through a marker."""
        form = self._form
        if self._state is _State.CALL:
            if self._call.is_in_string or (
                marker == form.call_start and not self._call.is_complete
            ):
                self._read_call(marker)
                return
            self._end_call(marker if marker == form.call_end else "")
            if marker == form.call_start and not self.is_complete:
                self._begin_call()
            return
        if marker in form.dropped:
            return
        if self._state is _State.THINKING or marker == form.think_start:
            self._spaces = ""
        if marker == form.call_start:
            self._begin_call()
            return
        self._drops_leading_spaces = True
        self._state = _State.THINKING if marker == form.think_start else _State.TEXT

    def _read_text(self, text: str) -> None:
        if self._drops_leading_spaces:
            text = text.lstrip()
            if not text:
                return
            self._drops_leading_spaces = False
        certain, self.stop_sequence = self._stops.push(text)
        self._give_text(certain)
        if self.stop_sequence is not None:
            self._give_spaces()
            self._pending = ""
            self._state = _State.STOPPED

    def _give_text(self, text: str) -> None:
        """Give out text, but for the whitespace at its end: a call may follow."""
        text = self._spaces + text
        shown = text.rstrip() if self._form.call_start or self._form.think_start else text
        self._spaces = text[len(shown) :]
        if shown:
            self._deltas.append(TextDelta(self._index, shown, *self._tokens()))

    def _give_spaces(self) -> None:
        spaces, self._spaces = self._spaces, ""
        if spaces:
            self._deltas.append(TextDelta(self._index, spaces, *self._tokens()))

    def _read_thinking(self, text: str) -> None:
        if self._drops_leading_spaces:
            text = text.lstrip()
            if not text:
                return
            self._drops_leading_spaces = False
        text = self._spaces + text
        shown = text.rstrip()
        self._spaces = text[len(shown) :]
        if shown:
            self._deltas.append(ThinkingDelta(self._index, shown, *self._tokens()))

    def _begin_call(self) -> None:
        self._state = _State.CALL
        self._call = CallBody(is_json=self._form.has_json_calls)
        self._is_call_open = False

    def _read_call(self, text: str) -> None:
        arguments = self._call.feed(text)
        if self._call.name is None:
            return
        if not self._is_call_open:
            self._is_call_open = True
            self._start_call(self._new_call_id(), self._call.name)
        if arguments:
            self._give_arguments(arguments)

    def _end_call(self, end: str) -> None:
        """The call is whole: give out what is not out yet. `end` is the marker that closed it."""
        self._state = _State.TEXT
        self._read_end_of_call(end)
        if self._is_single_call and self.has_tool_calls:
            self.is_complete = True
            self._pending = ""
            self._state = _State.STOPPED

    def _read_end_of_call(self, end: str) -> None:
        if self._is_call_open:
            if closing := self._call.close():
                self._give_arguments(closing)
            self._drops_leading_spaces = True
            self._end_streamed_call(end)
            return
        calls = parse_or_mend(self._call.raw, self._parse_call)
        if calls is None:
            self._give_up(f"{self._form.call_start}{self._call.raw}{end}")
            return
        self._drops_leading_spaces = True
        self._give_calls(calls)

    def _end_streamed_call(self, end: str) -> None:
        """Behind the arguments there may be another call, or what could not be read of this."""
        rest = self._call.unread
        if self._call.is_broken:
            self._give_up(rest + end)
        elif "{" in rest:
            self._give_calls(parse_or_mend(rest[rest.index("{") :], parse_json_calls) or ())

    def _give_up(self, raw: str) -> None:
        logger.warning("a tool call could not be read and is given out as text")
        self._read_text(raw)

    def _give_calls(self, calls: Sequence[ParsedCall]) -> None:
        for call in calls:
            if self._is_single_call and self.has_tool_calls:
                return
            self._start_call(call.id or self._new_call_id(), call.name)
            self._give_arguments(call.arguments)

    def _start_call(self, call_id: str, name: str) -> None:
        self._spaces = ""
        self.has_tool_calls = True
        self._deltas.append(ToolCallStarted(self._index, call_id, name))

    def _give_arguments(self, arguments: str) -> None:
        num_tokens, _ = self._tokens()
        self._deltas.append(ToolCallDelta(self._index, arguments, num_tokens))

    def _tokens(self) -> tuple[int, tuple[TokenLogprob, ...]]:
        """The tokens of everything that is not held back any more."""
        num_held = len(self._pending) + self._stops.num_held + len(self._spaces)
        num_tokens, logprobs = self._ledger.take(self._ledger.num_chars - num_held)
        num_tokens += self._num_marker_tokens
        self._num_marker_tokens = 0
        return num_tokens, logprobs


def _first(text: str, markers: Sequence[str]) -> tuple[int, str | None]:
    """The marker that begins first in `text`, the longest of those that begin there."""
    hits = [(at, -len(marker), marker) for marker in markers if (at := text.find(marker)) >= 0]
    if not hits:
        return len(text), None
    at, _, marker = min(hits)
    return at, marker
