"""A model's output, taken apart into thinking, text and calls of tools while it is written.

    beginning ──think_start──► thinking ──think_end──► text
    beginning or text ──call_start──► call ──call_end──► text
    thinking ──call_start──► draft ──think_end──► text

A turn may begin with thinking; a mark of thinking further on is text. What a model drafts in its
thinking is no call, unless the turn ends with it and the thinking was never ended: some models call
so. Markers are matched on text, so that it makes no difference how they were cut. What may be the
beginning of a marker or of a stop string is held back until that is decided.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import assert_never

from agent_memory.prompts.call_body import CallBody
from agent_memory.prompts.call_forms.reader import CallReader, CallsRead
from agent_memory.prompts.calls import (
    ParseCall,
    ParsedCall,
    is_json_object,
    parse_json_calls,
    parse_or_mend,
)
from agent_memory.prompts.output_deltas import OutputDelta, OutputDeltas
from agent_memory.prompts.output_format import OutputFormat
from agent_memory.prompts.stopping import StopMatcher, held_suffix
from agent_memory.turns.events import (
    TokenLogprob,
    ToolCallDelta,
    ToolCallStarted,
)
from agent_memory.turns.messages import ToolSpec

log = logging.getLogger(__name__)


class _State(Enum):
    BEGINNING = auto()
    TEXT = auto()
    THINKING = auto()
    DRAFT = auto()
    CALL = auto()
    STOPPED = auto()


class OutputParser:
    """Takes decoded text in pieces and gives out deltas of one choice.

    Whitespace around thinking, after it, and around calls belongs to no part and is dropped.
    Stop strings are looked for in text only. `parse_call` reads a finished call in the model's
    format; a call that nobody can read, or of a tool that is not among `tools`, is given out as
    text, as it was written. With `is_single_call` everything ends after the first call.

    A call that breaks off is given out as far as it goes and never completed: its arguments are no
    whole JSON. One whose name is not known by then has an empty name, and as arguments all that
    there is of it.
    """

    def __init__(
        self,
        form: OutputFormat,
        *,
        index: int,
        parse_call: ParseCall,
        new_call_id: Callable[[], str],
        tools: Sequence[ToolSpec] | None = None,
        stops: Sequence[str] = (),
        is_single_call: bool = False,
        starts_in_thinking: bool = False,
    ) -> None:
        self._form = form
        self._index = index
        self._parse_call = parse_call
        self._new_call_id = new_call_id
        self._tools = tools
        self._names = None if tools is None else frozenset(tool.name for tool in tools)
        own = form.call_form
        self._readers = None if own is None else own.readers(tools or ())
        self._stops = StopMatcher(stops)
        self._is_single_call = is_single_call
        self._state = _State.THINKING if starts_in_thinking else _State.BEGINNING
        self._drops_leading_spaces = starts_in_thinking
        self._pending = ""
        self._draft = ""
        self._given = OutputDeltas(index, self._num_held)
        self._call = CallBody(is_json=False)
        self._reader: CallReader | None = None
        self._has_answered = False
        self._is_call_open = False
        self.stop_sequence: str | None = None
        """The stop string that was met; nothing is given out after it."""
        self.has_tool_calls = False
        """A call was given out that the model has ended."""
        self.is_complete = False
        """The only call that is wanted was given out."""

    def push(
        self, text: str, num_tokens: int = 1, logprobs: Sequence[TokenLogprob] = ()
    ) -> tuple[OutputDelta, ...]:
        """Read on: the next `num_tokens` tokens and the text that they have added."""
        if self._state is _State.STOPPED:
            return ()
        self._given.add(len(text), num_tokens, logprobs)
        self._pending += text
        while self._advance():
            pass
        return self._given.take()

    def push_mark(
        self, mark: str, num_tokens: int = 1, logprobs: Sequence[TokenLogprob] = ()
    ) -> tuple[OutputDelta, ...]:
        """Read on: the token that is the end mark of thinking. Elsewhere it is text."""
        if self._state not in {_State.THINKING, _State.DRAFT}:
            return self.push(mark, num_tokens, logprobs)
        rest, self._pending = self._pending, ""
        self._read(rest)
        self._given.add(len(mark), num_tokens, logprobs)
        self._end_thinking()
        self._given.pass_marker()
        return self._given.take()

    def finish(self, *, is_cut: bool = False) -> tuple[OutputDelta, ...]:
        """Nothing follows: what was held back, and the call that is still open. `is_cut`: the model
        was stopped amid what it wrote."""
        is_open = True
        while is_open:
            while self._advance():
                pass
            if self._reader is not None:
                self._end_block(self._reader.finish(is_cut=is_cut))
                continue
            rest, self._pending = self._pending, ""
            self._read(rest)
            is_open = self._state in {_State.DRAFT, _State.CALL}
            if self._state is _State.DRAFT:
                self._end_draft(is_cut=is_cut)
            elif self._state is _State.CALL:
                self._break_off_call(is_cut=is_cut)
        if self._state in {_State.BEGINNING, _State.TEXT}:
            self._give_text(self._stops.flush())
            self._given.spaces()
        self._state = _State.STOPPED
        return self._given.take()

    def _num_held(self) -> int:
        """Characters that are not decided yet."""
        return len(self._pending) + self._stops.num_held + len(self._draft)

    def _advance(self) -> bool:
        """Read up to the next marker, or as far as is certain; False when more text is needed."""
        self._begin_bare_call()
        if self._reader is not None:
            return self._read_on(self._reader)
        markers = self._markers()
        at, marker = _first(self._pending, markers)
        if marker is None:
            at = len(self._pending) - held_suffix(self._pending, markers)
        before, self._pending = self._pending[:at], self._pending[at:]
        self._read(before)
        if self._state is _State.STOPPED:
            return False
        if self._markers() != markers:
            return True
        if marker is None:
            return False
        if self._is_in_text and marker not in self._form.dropped:
            self._give_text(self._stops.flush())
        self._pending = self._pending[len(marker) :]
        self._pass(marker)
        self._given.pass_marker()
        return True

    @property
    def _is_in_text(self) -> bool:
        return self._state in {_State.BEGINNING, _State.TEXT}

    def _markers(self) -> tuple[str, ...]:
        form = self._form
        match self._state:
            case _State.BEGINNING:
                candidates = (form.think_start, *form.call_starts, *form.dropped)
            case _State.TEXT:
                candidates = (*form.call_starts, *form.dropped)
            case _State.THINKING:
                candidates = (form.think_end, *form.call_starts)
            case _State.DRAFT:
                candidates = (None if form.ends_thinking_by_token else form.think_end,)
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
            case _State.BEGINNING | _State.TEXT:
                self._read_text(text)
            case _State.THINKING:
                self._read_thinking(text)
            case _State.DRAFT:
                self._draft += text
            case _State.CALL:
                self._read_call(text)
            case _State.STOPPED:
                pass
            case _:
                assert_never(self._state)

    def _pass(self, marker: str) -> None:
        """Leave the present state through a marker."""
        if marker in self._form.dropped:
            return
        match self._state:
            case _State.CALL:
                self._pass_in_call(marker)
            case _State.THINKING if marker in self._form.call_starts or self._is_spelled(marker):
                self._draft = marker
                self._state = _State.DRAFT
            case _State.THINKING | _State.DRAFT:
                self._end_thinking()
            case _ if marker == self._form.call_start:
                self._begin_call()
            case _ if marker in self._form.call_starts:
                self._begin_block(marker)
            case _:
                self._begin_part(_State.THINKING)

    def _pass_in_call(self, marker: str) -> None:
        is_start = marker == self._form.call_start
        if self._call.is_in_string or (is_start and not self._call.is_complete):
            self._read_call(marker)
            return
        self._end_call("" if is_start else marker)
        if is_start and not self.is_complete:
            self._begin_call()

    def _is_spelled(self, marker: str) -> bool:
        return marker == self._form.think_end and self._form.ends_thinking_by_token

    def _begin_part(self, state: _State) -> None:
        self._given.drop_spaces()
        self._drops_leading_spaces = True
        self._state = state

    def _end_thinking(self) -> None:
        """The thinking has its end: what was drafted in it is a part of it."""
        draft, self._draft = self._draft, ""
        self._read_thinking(draft)
        self._begin_part(_State.TEXT)

    def _end_draft(self, *, is_cut: bool) -> None:
        """The turn has ended amid the thinking. A spelled end mark is its end after all. If the
        turn ended with calls, those were made; else what looked like the mark of one is thinking,
        and what follows it is read again."""
        draft, self._draft = self._draft, ""
        mark = self._form.think_end or ""
        if self._is_spelled(mark) and mark in draft:
            self._draft, _, self._pending = draft.partition(mark)
            self._end_thinking()
            return
        calls = () if is_cut else self._calls_at_end(draft)
        if calls:
            self._begin_part(_State.TEXT)
            self._give_calls(calls)
            return
        self._state = _State.THINKING
        starts = (len(each) for each in self._form.call_starts if draft.startswith(each))
        at = max(starts, default=0)
        self._read_thinking(draft[:at])
        self._pending = draft[at:]

    def _calls_at_end(self, draft: str) -> Sequence[ParsedCall]:
        """The calls that the draft consists of; none if there is anything else in it."""
        reader = OutputParser(
            replace(self._form, think_start=None, think_end=None, ends_thinking_by_token=False),
            index=self._index,
            parse_call=self._parse_call,
            new_call_id=self._new_call_id,
            tools=self._tools,
        )
        calls: list[ParsedCall] = []
        for delta in (*reader.push(draft), *reader.finish()):
            match delta:
                case ToolCallStarted(id=call_id, name=name):
                    calls.append(ParsedCall(name, "", call_id))
                case ToolCallDelta(arguments=more):
                    calls[-1] = replace(calls[-1], arguments=calls[-1].arguments + more)
                case _:
                    return ()
        return calls if all(is_json_object(call.arguments) for call in calls) else ()

    def _read_text(self, text: str) -> None:
        if self._state is _State.BEGINNING and not text.isspace():
            self._state = _State.TEXT
        if self._drops_leading_spaces:
            text = text.lstrip()
            if not text:
                return
            self._drops_leading_spaces = False
        certain, self.stop_sequence = self._stops.push(text)
        self._give_text(certain)
        if self.stop_sequence is not None:
            self._given.spaces()
            self._pending = ""
            self._state = _State.STOPPED

    def _give_text(self, text: str) -> None:
        """Give out text, but for the whitespace at its end: a call may follow."""
        may_be_followed = bool(self._form.call_starts) or self._state is _State.BEGINNING
        if self._given.text(text, holds_spaces=may_be_followed):
            self._has_answered = True

    def _read_thinking(self, text: str) -> None:
        if self._drops_leading_spaces:
            text = text.lstrip()
            if not text:
                return
            self._drops_leading_spaces = False
        self._given.thinking(text)

    def _begin_bare_call(self) -> None:
        """Where an answer begins as a call without marks does, it may be one."""
        form = self._form.call_form
        if form is None or form.bare_start is None or not self._is_in_text:
            return
        written = self._pending.lstrip()
        if not self._has_answered and written.startswith(form.bare_start):
            self._pending = written.removeprefix(form.bare_start)
            self._begin_block(form.bare_start)

    def _begin_block(self, mark: str) -> None:
        """From here on a reader says what is a call, and where it ends."""
        if self._readers is None:
            return
        self._state = _State.CALL
        self._reader = self._readers()
        self._reader.feed(mark)

    def _read_on(self, reader: CallReader) -> bool:
        """Let the reader have what has come; False while the end of the call is not certain."""
        written, self._pending = self._pending, ""
        read = reader.feed(written)
        if read is not None:
            self._end_block(read)
        return read is not None and self._state is not _State.STOPPED

    def _end_block(self, read: CallsRead) -> None:
        self._state = _State.TEXT
        self._reader = None
        self._pending = read.rest
        if read.text:
            self._give_up(read.text)
        if self._state is _State.STOPPED:
            return
        if read.calls or read.cut is not None:
            self._drops_leading_spaces = True
        self._give_calls(read.calls)
        if read.cut is not None and not (self._is_single_call and self.has_tool_calls):
            self._given.call(read.cut.id or self._new_call_id(), read.cut.name)
            self._given.arguments(read.cut.arguments)
        self._stop_after_single_call()

    def _begin_call(self) -> None:
        self._state = _State.CALL
        self._call = CallBody(is_json=self._form.has_json_calls, names=self._names)
        self._is_call_open = False

    def _read_call(self, text: str) -> None:
        arguments = self._call.feed(text)
        if self._call.name is None:
            return
        if not self._is_call_open:
            self._is_call_open = True
            self._given.call(self._new_call_id(), self._call.name)
        if arguments:
            self._given.arguments(arguments)
        self.has_tool_calls = self.has_tool_calls or self._call.is_complete

    def _end_call(self, end: str) -> None:
        """The model has ended the call, with the marker `end` or by beginning another one."""
        self._state = _State.TEXT
        if self._is_call_open:
            self._drops_leading_spaces = True
            self._end_streamed_call()
        else:
            self._end_read_call(parse_or_mend(self._call.raw, self._parse_call), end)
        self._stop_after_single_call()

    def _stop_after_single_call(self) -> None:
        if self._is_single_call and self.has_tool_calls:
            self.is_complete = True
            self._pending = ""
            self._state = _State.STOPPED

    def _end_streamed_call(self) -> None:
        """Brackets that the model forgot are put there; other faults of its JSON are its own."""
        closing = self._call.close()
        if closing is None or self._call.is_broken:
            closing = self._call.cut().rstrip()
        if closing:
            self._given.arguments(closing)
        self.has_tool_calls = True
        self._read_after_call()

    def _read_after_call(self) -> None:
        """There may be another call after the arguments."""
        rest = self._call.unread if self._call.is_complete else ""
        if "{" not in rest:
            return
        calls = parse_or_mend(rest[rest.index("{") :], parse_json_calls) or ()
        if self._are_known(calls):
            self._give_calls(calls)
        else:
            self._give_up(rest)

    def _are_known(self, calls: Sequence[ParsedCall]) -> bool:
        return self._names is None or all(call.name in self._names for call in calls)

    def _end_read_call(self, calls: Sequence[ParsedCall] | None, end: str) -> None:
        if calls is None or not self._are_known(calls):
            self._give_up(f"{self._form.call_start}{self._call.raw}{end}")
            return
        self._drops_leading_spaces = True
        self._give_calls(calls)

    def _break_off_call(self, *, is_cut: bool) -> None:
        """The output has ended amid a call, which is never completed."""
        self._state = _State.TEXT
        raw = self._call.raw
        if self._is_call_open and self._call.is_complete:
            self._read_after_call()
        elif self._is_call_open:
            self._given.arguments(self._call.cut())
        elif not is_cut:
            self._end_read_call(parse_or_mend(raw, self._parse_call), "")
        elif (calls := self._whole_calls(raw)) is not None and self._are_known(calls):
            self._give_calls(calls)
        elif self._form.has_json_calls and raw.lstrip()[:1] not in {"", "{", "["}:
            self._give_up(f"{self._form.call_start}{raw}")
        else:
            self._given.call(self._new_call_id(), "")
            self._given.arguments(f"{self._form.call_start}{raw}")

    def _whole_calls(self, raw: str) -> Sequence[ParsedCall] | None:
        """The calls in what was cut off, where it can be told that they are whole."""
        if self._form.call_end and not self._form.has_json_calls:
            return None
        try:
            return self._parse_call(raw)
        except (ValueError, RecursionError):
            return None

    def _give_up(self, raw: str) -> None:
        log.warning("a tool call could not be read and is given out as text")
        self._read_text(raw)

    def _give_calls(self, calls: Sequence[ParsedCall]) -> None:
        for call in calls:
            if self._is_single_call and self.has_tool_calls:
                return
            self._given.call(call.id or self._new_call_id(), call.name)
            self._given.arguments(call.arguments)
            self.has_tool_calls = True


def _first(text: str, markers: Sequence[str]) -> tuple[int, str | None]:
    """The marker that begins first in `text`, the longest of those that begin there."""
    hits = [(at, -len(marker), marker) for marker in markers if (at := text.find(marker)) >= 0]
    if not hits:
        return len(text), None
    at, _, marker = min(hits)
    return at, marker
