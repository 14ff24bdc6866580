"""A turn's events as those of a response.

Clients break in different ways on whichever event is left out, so all are told, in this order:

    created in_progress (output_item.added … output_item.done)* completed | incomplete | failed
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from agent_memory.api.answer import Answer, refuse_cancelled
from agent_memory.api.errors import Fault
from agent_memory.api.part_tracker import (
    PartBegun,
    PartEnded,
    PartGrown,
    PartStep,
    PartTracker,
)
from agent_memory.api.renderer import COMMENT_PING, named_event
from agent_memory.api.translators.cache_diagnostics import Comparison, openai_cache_diagnostics
from agent_memory.api.translators.memory_words import memory_field
from agent_memory.api.translators.responses.output_items import (
    Item,
    ItemWriter,
    call_item,
    item_id,
    logprob_list,
    message_item,
    reasoning_item,
    text_part,
)
from agent_memory.api.translators.responses.response_object import (
    ResponseHead,
    final_status,
    response_error,
    response_usage,
)
from agent_memory.ids import TurnId
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    Passed,
    Ping,
    TextDelta,
    ThinkingDelta,
    TokenLogprob,
    ToolCallDelta,
    ToolCallStarted,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.messages import Text, Thinking, ToolUse
from agent_memory.turns.overlap import Overlap

_REASONING = {"type": "reasoning_text"}


@dataclass(frozen=True, slots=True)
class Told:
    """One event: its number, and its bytes on the stream."""

    number: int
    raw: bytes


class ResponsesRenderer:
    """One response of `POST /v1/responses`. clock: Unix time in seconds.

    is_prewarm: nothing of the answer is told; it was only to be computed for.
    comparison: what the client wants the prompt to be compared with.
    """

    surface = "responses"

    def __init__(
        self,
        turn: TurnId,
        head: ResponseHead,
        writer: ItemWriter,
        clock: Callable[[], float],
        *,
        is_prewarm: bool = False,
        is_queued: bool = False,
        comparison: Comparison | None = None,
    ) -> None:
        self._turn = turn
        self._head = head
        self._writer = writer
        self._clock = clock
        self._is_prewarm = is_prewarm
        self._is_queued = is_queued
        self._comparison = comparison
        self._parts = PartTracker()
        self._output: list[Item] = []
        self._logprobs: list[TokenLogprob] = []
        self._number = 0
        self._num_thinking_tokens = 0
        self._reason: FinishReason | None = None
        self._call: ToolCallStarted | None = None
        self.response: Mapping[str, object] = head.response(
            "queued" if is_queued else "in_progress"
        )
        """As it stands now."""

    def event(self, source: int, event: TurnEvent) -> bytes:  # noqa: ARG002  one turn
        """The protocol's events for `event`."""
        if isinstance(event, Ping):
            return COMMENT_PING
        return b"".join(told.raw for told in self.told(event))

    def told(self, event: TurnEvent) -> Sequence[Told]:
        """The same, one by one."""
        return list(self._told(event))

    def ping(self) -> bytes:
        return COMMENT_PING

    def end(self) -> bytes:
        return b""

    def error(self, fault: Fault) -> bytes:
        return self.failed(fault).raw

    def failed(self, fault: Fault) -> Told:
        """The last event of a response that failed."""
        self.response = self._head.response("failed", self._output, error=response_error(fault))
        return self._response_event("failed")

    def cancelled(self) -> None:
        """It was cancelled from elsewhere: there is no event for that."""
        self.response = self._head.response("cancelled", self._output)

    def whole(self, answers: Sequence[Answer]) -> Mapping[str, object]:
        """The whole response."""
        answer = answers[0]
        choice = answer.choices[0]
        output = [] if self._is_prewarm else self._writer.output(self._turn, choice)
        self._num_thinking_tokens = answer.num_thinking_tokens
        self._reason = choice.reason
        more = {**memory_field(answer.memory), **self._diagnostics(answer.overlap)}
        return self._finished(output, answer.usage, more)

    def begun(self) -> Sequence[Told]:
        """The first events of a response that waits in the background."""
        return [self._response_event(kind) for kind in ("created", "queued")]

    def _told(self, event: TurnEvent) -> Iterator[Told]:
        match event:
            case TurnStarted():
                yield from self._started(event)
            case TextDelta() | ThinkingDelta() | ToolCallStarted() | ToolCallDelta():
                yield from self._grown(event)
            case ChoiceFinished():
                refuse_cancelled(event)
                self._reason = event.reason
                yield from self._stepped(self._parts.take(event))
            case TurnFinished():
                self.response = self._finished(self._output, event.usage, {})
                yield self._response_event(str(self.response["status"]))
            case Ping() | Passed():
                return  # Bytes are never passed here: providers are asked in another form.
            case _:
                assert_never(event)

    def _started(self, event: TurnStarted) -> Iterator[Told]:
        diagnostics = self._diagnostics(event.overlap)
        fields = {**self._head.fields, **memory_field(event.memory), **diagnostics}
        self._head = replace(self._head, model=self._head.model or event.model, fields=fields)
        self.response = self._head.response("in_progress")
        if not self._is_queued:
            yield self._response_event("created")
        yield self._response_event("in_progress")

    def _grown(
        self, event: TextDelta | ThinkingDelta | ToolCallStarted | ToolCallDelta
    ) -> Iterator[Told]:
        if isinstance(event, ThinkingDelta):
            self._num_thinking_tokens += event.num_tokens
        steps = self._parts.take(event)
        logprobs = event.logprobs if isinstance(event, TextDelta) else ()
        yield from self._stepped(steps, logprobs)

    def _stepped(
        self, steps: Sequence[PartStep], logprobs: Sequence[TokenLogprob] = ()
    ) -> Iterator[Told]:
        if self._is_prewarm:
            return
        for step in steps:
            match step:
                case PartBegun():
                    yield from self._part_begun(step)
                case PartGrown():
                    self._logprobs.extend(logprobs)
                    yield from self._part_grown(step, logprobs)
                case PartEnded():
                    yield from self._part_ended(step)
                    self._logprobs.clear()

    def _part_begun(self, begun: PartBegun) -> Iterator[Told]:
        at = len(self._output)
        self._call = begun.call
        if begun.kind is Text:
            item = message_item(item_id("msg", self._turn, at), "in_progress", [])
            yield self._item_event("added", at, item)
            yield self._part_event("added", item, text_part(""))
        elif begun.kind is Thinking:
            item = {**reasoning_item(item_id("rs", self._turn, at), []), "status": "in_progress"}
            yield self._item_event("added", at, item)
            yield self._part_event("added", item, {**_REASONING, "text": ""})
        elif begun.call is not None and self._is_told_piecewise(begun.call):
            word = self._writer.word(begun.call.name)
            id_ = item_id("fc", self._turn, at)
            item = call_item(id_, "in_progress", begun.call.id, word, "")
            yield self._item_event("added", at, item)

    def _part_grown(self, grown: PartGrown, logprobs: Sequence[TokenLogprob]) -> Iterator[Told]:
        if grown.kind is Text:
            yield self._delta("output_text", "msg", grown.text, 0, logprobs=logprob_list(logprobs))
        elif grown.kind is Thinking:
            yield self._delta("reasoning_text", "rs", grown.text, 0)
        elif self._call is not None and self._is_told_piecewise(self._call) and grown.text:
            yield self._delta("function_call_arguments", "fc", grown.text, None)

    def _part_ended(self, ended: PartEnded) -> Iterator[Told]:
        at = len(self._output)
        item = self._writer.ended(self._turn, at, ended, tuple(self._logprobs))
        if item is None:
            return
        match ended.part:
            case Text(text):
                part = text_part(text, self._logprobs)
                yield self._done(
                    "output_text", item, content_index=0, text=text, logprobs=part["logprobs"]
                )
                yield self._part_event("done", item, part)
            case Thinking(text):
                yield self._done("reasoning_text", item, content_index=0, text=text)
                yield self._part_event("done", item, {**_REASONING, "text": text})
            case ToolUse() if item["type"] == "function_call":
                yield self._done(
                    "function_call_arguments",
                    item,
                    name=item["name"],
                    arguments=item["arguments"],
                )
            case ToolUse():
                yield self._item_event("added", at, {**item, "input": ""})
                yield self._delta("custom_tool_call_input", "ctc", str(item["input"]), None)
                yield self._done("custom_tool_call_input", item, input=item["input"])
        self._output.append(item)
        yield self._item_event("done", at, item)

    def _is_told_piecewise(self, call: ToolCallStarted) -> bool:
        """A call without a name was cut off before it; free text is told when it is whole."""
        return bool(call.name) and not self._writer.word(call.name).is_custom

    def _finished(
        self, output: Sequence[Item], usage: Usage, more: Mapping[str, object]
    ) -> dict[str, object]:
        status = "completed" if self._is_prewarm else final_status(self._reason)
        if self._is_prewarm:
            usage = replace(usage, completion_tokens=0)
        return self._head.response(
            status,
            output,
            response_usage(usage, self._num_thinking_tokens),
            completed_at=int(self._clock()) if status == "completed" else None,
            **more,
        )

    def _diagnostics(self, overlap: Overlap | None) -> Mapping[str, object]:
        if self._comparison is None:
            return {}
        return {"prompt_cache_diagnostics": openai_cache_diagnostics(self._comparison, overlap)}

    def _response_event(self, kind: str) -> Told:
        return self._event(f"response.{kind}", response=self.response)

    def _item_event(self, kind: str, at: int, item: Item) -> Told:
        return self._event(f"response.output_item.{kind}", output_index=at, item=item)

    def _part_event(self, kind: str, item: Item, part: Item) -> Told:
        return self._event(
            f"response.content_part.{kind}",
            item_id=item["id"],
            output_index=len(self._output),
            content_index=0,
            part=part,
        )

    def _delta(
        self, what: str, kind: str, text: str, content_index: int | None, **more: object
    ) -> Told:
        place = {} if content_index is None else {"content_index": content_index}
        at = len(self._output)
        return self._event(
            f"response.{what}.delta",
            item_id=item_id(kind, self._turn, at),
            output_index=at,
            **place,
            delta=text,
            **more,
        )

    def _done(self, what: str, item: Item, **more: object) -> Told:
        at = len(self._output)
        return self._event(f"response.{what}.done", item_id=item["id"], output_index=at, **more)

    def _event(self, kind: str, **fields: object) -> Told:
        number = self._number
        self._number += 1
        return Told(number, named_event(kind, {"type": kind, "sequence_number": number, **fields}))
