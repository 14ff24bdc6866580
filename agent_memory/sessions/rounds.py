"""Answers in which the model uses a tool that the server runs itself: several rounds, one turn."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from agent_memory.errors import InvariantBroken
from agent_memory.ids import WorkspaceId
from agent_memory.sessions.answering import Answered, Answerer, OpenTurn
from agent_memory.sessions.conversation import Continuation
from agent_memory.sessions.round_voice import RoundVoice
from agent_memory.sessions.running_turn import Running
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import (
    Message,
    Part,
    Role,
    ServerCall,
    Text,
    ToolChoice,
    ToolMode,
    ToolResult,
    ToolUse,
)
from agent_memory.turns.own_tool import MAX_ROUNDS, MemoryTool
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sequence import SequenceStep
from agent_memory.turns.traces import Traces

BETWEEN = "\n\n"
"""Between what the model said before a call and what it said after it."""


class MemoryToolRunner(Protocol):
    """Carries out calls of the memory tool."""

    async def run(
        self, workspace: WorkspaceId, tool: MemoryTool, call: ToolUse
    ) -> tuple[str, bool]:
        """What the model is told, and whether that is an error."""
        ...


class RoundsAnswerer:
    """Has another answerer answer, runs what it calls, and lets it go on. It meets
    `sessions.answering.Answerer`.

    The turn is one: its client hears of no call, its transcript is committed once, at the end.
    """

    def __init__(self, following: Answerer, runner: MemoryToolRunner) -> None:
        self._following = following
        self._runner = runner

    async def answer(self, turn: OpenTurn) -> Answered | None:
        tool = turn.request.memory_tool
        if tool is None:
            return await self._following.answer(turn)
        return await _Rounds(turn, tool, self._following, self._runner).give()


class _Rounds:
    """The rounds of one turn."""

    def __init__(
        self, turn: OpenTurn, tool: MemoryTool, following: Answerer, runner: MemoryToolRunner
    ) -> None:
        self._first = turn
        self._tool = tool
        self._following = following
        self._runner = runner
        self._running: Running = turn.running
        self._parts: list[Part] = []
        self._rounds: list[Answered] = []
        self._conversation = turn.conversation
        self._continuation = turn.continuation

    async def give(self) -> Answered | None:
        """The answer of all rounds together; None when the turn was cancelled."""
        turn = self._first
        while True:
            is_first = not self._rounds
            voice = RoundVoice(self._running, self._tool.name, self._separator(), is_first=is_first)
            answered = await self._following.answer(replace(turn, running=voice))
            if answered is None or self._running.is_cancelled:
                return None
            calls = self._calls(answered)
            if calls:
                self._running.step((), can_resume=False)
            results = [await self._run(call) for call in calls]
            self._take(answered, calls, results)
            if not self._goes_on(answered, calls):
                return self._whole(answered, voice, has_called=bool(calls))
            if self._running.is_cancelled:
                return None
            turn = self._next(turn.request)

    def _calls(self, answered: Answered) -> list[ToolUse]:
        """Those that are ours, unless the answer was cut off in them."""
        if answered.finish_reason is not FinishReason.TOOL_CALLS:
            return []
        uses = (part for part in answered.message.parts if isinstance(part, ToolUse))
        return [use for use in uses if use.name == self._tool.name]

    async def _run(self, call: ToolUse) -> ServerCall:
        workspace = self._first.request.workspace_id
        text, is_error = await self._runner.run(workspace, self._tool, call)
        number = len(self._rounds)
        return ServerCall(call.id, call.name, call.arguments, text, is_error, number)

    def _take(
        self, answered: Answered, calls: Sequence[ToolUse], results: Sequence[ServerCall]
    ) -> None:
        """What was said in this round, our calls with their results before those of the client."""
        said = [part for part in answered.message.parts if part not in calls]
        theirs = [part for part in said if isinstance(part, ToolUse)]
        words = [part for part in said if not isinstance(part, ToolUse)]
        self._parts += [*_after(self._separator(), words), *results, *theirs]
        prefill = self._first.request.prefill if not self._rounds else ""
        message = answered.message.after_text(prefill)
        self._rounds.append(answered)
        turn_id = self._first.request.turn_id
        ahead = self._conversation.ahead(self._continuation, turn_id, message, answered.traces)
        told = tuple(ToolResult(one.id, one.content, one.is_error) for one in results)
        later = (message, Message(Role.TOOL, told)) if told else (message,)
        num_kept = len(self._continuation.messages) + 1
        self._conversation = ahead
        self._continuation = Continuation((*self._continuation.messages, *later), num_kept)

    def _goes_on(self, answered: Answered, calls: Sequence[ToolUse]) -> bool:
        """The model reads the results, unless it has called the client too, which answers first."""
        uses = [part for part in answered.message.parts if isinstance(part, ToolUse)]
        is_ours = bool(calls) and len(uses) == len(calls)
        return is_ours and len(self._rounds) < MAX_ROUNDS and self._num_left() > 0

    def _next(self, request: TurnRequest) -> OpenTurn:
        """The turn as the next round sees it: nothing demands a call any more."""
        choice, form = request.form.tool_choice, request.form
        if choice.mode in {ToolMode.REQUIRED, ToolMode.NAMED}:
            form = replace(form, tool_choice=ToolChoice())
        placed = replace(request.placed, delivered_tokens=(), delivered_by="")
        request = replace(
            request,
            form=form,
            placement=placed,
            prefill="",
            sampling=replace(request.sampling, max_tokens=self._num_left()),
        )
        return OpenTurn(request, self._conversation, self._continuation, self._running)

    def _num_left(self) -> int:
        used = sum(answered.usage.completion_tokens for answered in self._rounds)
        return self._first.request.sampling.max_tokens - used

    def _separator(self) -> str:
        has_said = any(isinstance(part, Text) and part.text.strip() for part in self._parts)
        return BETWEEN if has_said else ""

    def _whole(self, last: Answered, voice: RoundVoice, *, has_called: bool) -> Answered:
        reason = last.finish_reason
        if has_called and not any(isinstance(part, ToolUse) for part in self._parts):
            # It was stopped amid its rounds: what it called was run, and nobody else is asked.
            reason = FinishReason.STOP if self._num_left() > 0 else FinishReason.LENGTH
        voice.finish(reason)
        return replace(
            last,
            message=Message(Role.ASSISTANT, tuple(self._parts)),
            finish_reason=reason,
            usage=_sum([answered.usage for answered in self._rounds]),
            traces=self._traces(has_called=has_called),
            is_estimated=any(answered.is_estimated for answered in self._rounds),
        )

    def _traces(self, *, has_called: bool) -> Traces | None:
        """The tokens of all rounds as one answer, results and all that the template put around them
        included: in a later turn they stand in its place as they were. Where the last round has
        results that no tokens tell of yet, the answer is read again as text."""
        first, last = self._rounds[0].traces, self._rounds[-1].traces
        if first is None or last is None:
            return None
        before = self._first.conversation.sequence
        begun = first.step.after(before)
        prompt = begun[: len(begun) - len(first.tokens)]
        sequence = self._conversation.sequence
        is_whole = bool(first.tokens) and bool(last.tokens) and not has_called
        said = sequence[len(prompt) :] if sequence[: len(prompt)] == prompt and is_whole else ()
        read = sequence[: len(sequence) - len(said)]
        step = SequenceStep.between(before, read, said)
        return replace(
            last,
            tokens=said,
            generation_suffix=first.generation_suffix,
            num_shared=step.num_shared,
            read_tokens=step.read,
        )


def _after(separator: str, words: Sequence[Part]) -> list[Part]:
    """`words`, and `separator` before the first text among them."""
    parts = list(words)
    for at, part in enumerate(parts):
        if isinstance(part, Text) and part.text:
            parts[at] = Text(separator + part.text)
            break
    return parts


def _sum(usages: Sequence[Usage]) -> Usage:
    """All rounds together: each of them has read its own prompt."""
    if not usages:
        raise InvariantBroken("an answer has at least one round")
    return Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        completion_tokens=sum(usage.completion_tokens for usage in usages),
        cached_from_shelf=sum(usage.cached_from_shelf for usage in usages),
        miss_reason=usages[0].miss_reason,
        cached_from_memory=sum(usage.cached_from_memory for usage in usages),
        cache_write_tokens=sum(usage.cache_write_tokens for usage in usages),
    )
