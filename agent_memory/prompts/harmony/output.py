"""A turn in harmony, taken apart into thinking, text and calls of tools while it is written.

    channel analysis      thinking
    channel commentary    text, which leads up to a call
    channel final         text
    to=functions.NAME     a call of that tool, whatever its channel

Marks are tokens (`push_mark`): where a text spells one, it is text. A message without an end mark
ends where the next one begins.
"""

import logging
from collections.abc import Callable, Sequence
from enum import Enum, auto

from agent_memory.prompts.harmony.call import HarmonyCall
from agent_memory.prompts.harmony.header import Header
from agent_memory.prompts.harmony.marks import CHANNEL, CONSTRAIN, MESSAGE, START
from agent_memory.prompts.output_deltas import OutputDelta, OutputDeltas
from agent_memory.prompts.stopping import StopMatcher
from agent_memory.turns.events import TokenLogprob
from agent_memory.turns.messages import ToolSpec

log = logging.getLogger(__name__)


class _Body(Enum):
    THINKING = auto()
    TEXT = auto()
    CALL = auto()


class HarmonyOutput:
    """Takes decoded text and marks, and gives out deltas of one choice.

    Several texts of one turn are a blank line apart, and so are several thoughts. Stop strings are
    looked for in text only. A message to a tool that is not among `tools` is text, as it was
    written. With `is_single_call` everything ends after the first call. A call that breaks off is
    given out as far as it goes.

    header: what the prompt has opened. is_open: the prompt has opened the message's text, too.
    """

    def __init__(
        self,
        *,
        index: int,
        new_call_id: Callable[[], str],
        tools: Sequence[ToolSpec] = (),
        stops: Sequence[str] = (),
        is_single_call: bool = False,
        header: Header | None = None,
        is_open: bool = False,
    ) -> None:
        self._new_call_id = new_call_id
        self._names = frozenset(tool.name for tool in tools)
        self._stops = StopMatcher(stops)
        self._is_single_call = is_single_call
        self._header: Header | None = header or Header("assistant")
        self._body = _Body.TEXT
        self._call: HarmonyCall | None = None
        self._given = OutputDeltas(index, self._num_held)
        self._gaps: dict[_Body, str] = {}
        self._is_stopped = False
        self.stop_sequence: str | None = None
        """The stop string that was met; nothing is given out after it."""
        self.has_tool_calls = False
        """A call was given out that the model has ended."""
        self.is_complete = False
        """The only call that is wanted was given out."""
        if is_open:
            self._begin_body(self._header or Header("assistant"))

    def push(
        self, text: str, num_tokens: int = 1, logprobs: Sequence[TokenLogprob] = ()
    ) -> tuple[OutputDelta, ...]:
        """Read on: the next `num_tokens` tokens and the text that they have added."""
        if self._is_stopped:
            return ()
        self._given.add(len(text), num_tokens, logprobs)
        self._read(text)
        return self._given.take()

    def push_mark(
        self, mark: str, num_tokens: int = 1, logprobs: Sequence[TokenLogprob] = ()
    ) -> tuple[OutputDelta, ...]:
        """Read on: a token that is a mark."""
        if self._is_stopped:
            return ()
        self._given.add(len(mark), num_tokens, logprobs)
        self._pass(mark)
        self._given.pass_marker()
        return self._given.take()

    def finish(self, *, is_cut: bool = False) -> tuple[OutputDelta, ...]:
        """Nothing follows. `is_cut`: the model was stopped amid what it wrote."""
        if self._is_stopped:
            return self._given.take()
        if self._header is not None:
            self._end_header(self._header, is_cut=is_cut)
        self._end_body(is_cut=is_cut)
        if self._body is _Body.TEXT and not self._is_stopped:
            self._given.spaces()
        self._is_stopped = True
        return self._given.take()

    def _num_held(self) -> int:
        """Characters that are not decided yet."""
        header = "" if self._header is None else self._header.raw
        return len(header) + self._stops.num_held + (self._call.num_held if self._call else 0)

    def _pass(self, mark: str) -> None:
        if mark == MESSAGE:
            if self._header is not None:
                self._begin_body(self._header)
            return
        if mark in {CHANNEL, CONSTRAIN} and self._header is not None:
            self._header.add_mark(mark)
            return
        self._end_body(is_cut=False)
        self._header = Header("" if mark == START else "assistant")
        if mark in {CHANNEL, CONSTRAIN}:
            self._header.add_mark(mark)

    def _read(self, text: str) -> None:
        if self._header is None:
            self._read_body(text)
            return
        self._header.add(text)
        if not self._header.may_be_one:
            words, self._header, self._body = self._header.raw, None, _Body.TEXT
            self._read_body(words)

    def _begin_body(self, header: Header) -> None:
        self._header = None
        tool = header.tool(self._names)
        if tool is not None:
            self._body = _Body.CALL
            self._call = HarmonyCall(tool, header.raw + MESSAGE, self._given, self._new_call_id)
            return
        self._body = _Body.THINKING if header.channel == "analysis" else _Body.TEXT
        if self._body is _Body.THINKING:
            self._given.drop_spaces()
        elif header.recipient is not None:
            self._give_up(header.raw + MESSAGE)

    def _read_body(self, text: str) -> None:
        if (call := self._call) is not None:
            call.feed(text)
            if call.is_none:
                self._call = None
                self._give_up(call.raw)
            return
        text = self._after_gap(text)
        if self._body is _Body.THINKING:
            self._given.thinking(text)
            return
        certain, self.stop_sequence = self._stops.push(text)
        self._given.text(certain, holds_spaces=True)
        if self.stop_sequence is not None:
            self._given.spaces()
            self._is_stopped = True

    def _after_gap(self, text: str) -> str:
        """The text, a blank line after an earlier one of its kind."""
        gap = self._gaps.get(self._body, "") if text else ""
        if text:
            self._gaps[self._body] = ""
        return gap + text

    def _end_header(self, header: Header, *, is_cut: bool) -> None:
        """The output has ended before a message had begun."""
        self._header = None
        raw = header.raw
        if header.has_marks and header.recipient is None and "to=" not in raw:
            return
        if is_cut and "to=" in raw:
            self._given.call(self._new_call_id(), "")
            self._given.arguments(raw)
            self._body = _Body.CALL
        elif raw:
            self._body = _Body.TEXT
            self._read_body(raw)

    def _end_body(self, *, is_cut: bool) -> None:
        if (call := self._call) is not None:
            self._call = None
            self._end_call(call, is_cut=is_cut)
        elif self._header is None:
            if self._body is _Body.TEXT:
                self._given.text(self._stops.flush(), holds_spaces=True)
            if self._gaps.get(self._body) == "":
                self._gaps[self._body] = "\n\n"

    def _end_call(self, call: HarmonyCall, *, is_cut: bool) -> None:
        call.finish(is_cut=is_cut)
        if not call.is_whole:
            return
        self.has_tool_calls = True
        if self._is_single_call:
            self.is_complete = True
            self._is_stopped = True

    def _give_up(self, raw: str) -> None:
        log.warning("a tool call could not be read and is given out as text")
        self._body = _Body.TEXT
        self._read_body(raw)
