"""The output of one turn so far, gathered from the engine's events."""

from dataclasses import replace

from agent_memory.cache.lease import StoredBlock
from agent_memory.engine.events import Finished, Generated, OutputDelta, Restored, Stored
from agent_memory.errors import InvariantBroken
from agent_memory.turns.events import (
    FinishReason,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
)
from agent_memory.turns.messages import Message, Part, Role, Text, Thinking, ToolUse


class TurnRecorder:
    """Tokens of every choice, and of choice 0 the answer as a message.

    It outlives the attempts of a turn: what a first engine delivered stays recorded when a second
    one goes on after it.
    """

    def __init__(self, delivered_tokens: tuple[int, ...] = (), delivered_by: str = "") -> None:
        self.num_delivered = len(delivered_tokens)
        """So many tokens of choice 0 the client has received: they are recorded, not sent again."""
        self._forced: tuple[int, ...] = ()
        self.tokens: dict[int, list[int]] = {0: list(delivered_tokens)} if delivered_tokens else {}
        self.finished: dict[int, Finished] = {}
        self.blocks: tuple[StoredBlock, ...] = ()
        self.bad_files: tuple[str, ...] = ()
        self.num_tokens = 0
        self.generation_suffix = ""
        self.prompt_tokens: tuple[int, ...] = ()
        self.prefilled_tokens: tuple[int, ...] = ()
        self._usage: Usage | None = None
        self._parts: list[Part] = []
        self._model = delivered_by

    def speak_as(self, model_fingerprint: str) -> bool:
        """Say which model takes the next attempt. False: another one has begun the answer, whose
        tokens mean nothing to this one."""
        if self._model not in {"", model_fingerprint}:
            if self.tokens:
                return False
            self._usage = None  # What the other one has read was never answered.
        self._model = model_fingerprint
        return True

    @property
    def to_go_on_behind(self) -> tuple[int, ...]:
        """Tokens of choice 0 that exist already; an attempt that ended early may not have come as
        far as the one before."""
        return max(tuple(self.tokens.get(0, ())), self._forced, key=len)

    def begin_attempt(self) -> tuple[int, ...]:
        """The tokens to go on after; they will come again, as the attempt's first."""
        forced = self._forced = self.to_go_on_behind
        self.num_delivered = len(forced)
        self.tokens.clear()
        self.finished.clear()
        self._parts.clear()
        self.blocks = ()
        self.bad_files = ()
        return forced

    def restored(self, event: Restored, num_prompt_tokens: int, miss_reason: str | None) -> bool:
        """True the first time: usage tells of the model's first attempt, which is what the client
        saw."""
        self.bad_files = event.bad_files
        if self._usage is not None:
            return False
        if event.num_passed_over:
            miss_reason = f"{event.num_passed_over} tokens are computed sooner than read"
        self._usage = Usage(
            prompt_tokens=num_prompt_tokens,
            cached_tokens=min(event.num_cached_tokens, num_prompt_tokens),
            cached_from_memory=min(event.num_from_memory, num_prompt_tokens),
            cached_from_shelf=min(event.num_from_shelf, num_prompt_tokens),
            miss_reason=miss_reason,
        )
        return True

    def generated(self, event: Generated) -> bool:
        """True when the client has not had it yet."""
        tokens = self.tokens.setdefault(event.index, [])
        is_new = event.index > 0 or len(tokens) >= self.num_delivered
        tokens.extend(event.token_ids)
        self._record(event.index, event.deltas)
        return is_new

    def choice_finished(self, event: Finished) -> None:
        self.finished[event.index] = event
        self._record(event.index, event.deltas)

    def stored(self, event: Stored) -> None:
        self.blocks = event.blocks
        self.num_tokens = event.num_tokens

    @property
    def final_usage(self) -> Usage:
        """Usage with the completion tokens so far."""
        if self._usage is None:
            raise InvariantBroken("a turn ended before it was restored")
        return replace(self._usage, completion_tokens=sum(map(len, self.tokens.values())))

    @property
    def finish_reason(self) -> FinishReason:
        return self.finished[0].reason

    @property
    def answer(self) -> Message:
        """Choice 0 as the assistant's message."""
        return Message(Role.ASSISTANT, tuple(self._parts))

    @property
    def answer_tokens(self) -> tuple[int, ...]:
        """Tokens of choice 0 without the one that closed the turn."""
        tokens = tuple(self.tokens.get(0, ()))
        return tokens[:-1] if self.finished[0].ends_with_eos else tokens

    def _record(self, index: int, deltas: tuple[OutputDelta, ...]) -> None:
        if index == 0:
            for delta in deltas:
                self._append(delta)

    def _append(self, delta: OutputDelta) -> None:
        last = self._parts[-1] if self._parts else None
        match delta, last:
            case TextDelta(text=text), Text(text=before):
                self._parts[-1] = Text(before + text)
            case TextDelta(text=text), _:
                self._parts.append(Text(text))
            case ThinkingDelta(text=text), Thinking(text=before):
                self._parts[-1] = Thinking(before + text)
            case ThinkingDelta(text=text), _:
                self._parts.append(Thinking(text))
            case ToolCallStarted(id=call_id, name=name), _:
                self._parts.append(ToolUse(call_id, name, ""))
            case ToolCallDelta(arguments=more), ToolUse():
                self._parts[-1] = replace(last, arguments=last.arguments + more)
            case _:
                raise InvariantBroken(f"{type(delta).__name__} has no call to belong to")
