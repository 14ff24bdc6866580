"""From a conversation to the tokens of its prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from agent_memory.engine.info import EngineInfo
from agent_memory.errors import InvalidRequest, PromptTooLong
from agent_memory.ids import new_id
from agent_memory.prompts.context_edits import edited
from agent_memory.prompts.request import PromptRequest
from agent_memory.prompts.splice import assemble, plan_splices
from agent_memory.sessions.conversation import Continuation
from agent_memory.sessions.ports import Engine
from agent_memory.turns.context_edits import AppliedEdit, ClearToolUses
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams
from agent_memory.turns.sequence import TokenIds, num_common
from agent_memory.turns.transcript import GeneratedTurn

MIN_BOUNDARY = 32
"""A beginning of fewer tokens is computed sooner than kept."""
MAX_MARKS = 4
"""Of one request, as Anthropic has it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the engine is to read. `generation_suffix` is its end, put there by the template, before
    the `num_prefilled` tokens with which the client has begun the answer. `boundaries` are places
    where others may go on, in tokens from its beginning. `edits`: those that were made."""

    tokens: tuple[int, ...]
    generation_suffix: str
    boundaries: tuple[int, ...] = ()
    num_prefilled: int = 0
    edits: tuple[AppliedEdit, ...] = ()

    @property
    def history(self) -> TokenIds:
        """The prompt without what the client began the answer with."""
        return self.tokens[: len(self.tokens) - self.num_prefilled]

    @property
    def prefilled(self) -> TokenIds:
        return self.tokens[len(self.tokens) - self.num_prefilled :]


async def build_prompt(
    engine: Engine,
    request: TurnRequest,
    continuation: Continuation,
    generated: Sequence[GeneratedTurn],
    info: EngineInfo,
) -> Prompt:
    """Render and tokenise; what the session itself said goes in as the tokens it was made of."""
    if request.raw_prompt is not None:
        raw = PromptRequest(raw_prompt=request.raw_prompt, incarnation=info.incarnation)
        rendered = await engine.render(raw)
        return Prompt(rendered.pieces[0], "")
    prompt = await render_prompt(engine, request, continuation.messages, generated, info)
    if request.edits:
        prompt = await _edited(engine, request, continuation.messages, generated, info, prompt)
    if not info.has_snapshots:
        return prompt
    marked = [continuation.messages[:num] for num in request.cache_marks if num]
    preamble = _preamble(continuation.messages)
    beginnings = [
        (await render_prompt(engine, request, messages, generated, info)).tokens
        for messages in (preamble, *marked[-MAX_MARKS:])
    ]
    found = {num_common(beginning, prompt.tokens) for beginning in beginnings}
    boundaries = sorted(at for at in found if MIN_BOUNDARY <= at < len(prompt.tokens) - 1)
    return replace(prompt, boundaries=tuple(boundaries))


async def _edited(
    engine: Engine,
    request: TurnRequest,
    messages: Sequence[Message],
    generated: Sequence[GeneratedTurn],
    info: EngineInfo,
    prompt: Prompt,
) -> Prompt:
    """The prompt after the edits that the client asked for, as far as each is due and worth it."""
    made: list[AppliedEdit] = []
    for edit in request.edits:
        num_tokens = len(prompt.tokens)
        if (after := edited(messages, num_tokens, edit)) is None:
            continue
        turns = [turn for turn in generated if turn.position not in after.changed]
        shorter = await render_prompt(engine, request, after.messages, turns, info)
        num_cleared = num_tokens - len(shorter.tokens)
        if num_cleared < max(1, edit.at_least if isinstance(edit, ClearToolUses) else 1):
            continue
        made.append(AppliedEdit(edit, after.num_cleared, num_cleared))
        prompt, messages, generated = shorter, after.messages, turns
    return replace(prompt, edits=tuple(made))


def _preamble(messages: Sequence[Message]) -> tuple[Message, ...]:
    """What many conversations begin with, and a message that begins like no other."""
    system = tuple(takewhile(lambda message: message.role is Role.SYSTEM, messages))
    return (*system, Message(Role.USER, (Text("\N{OBJECT REPLACEMENT CHARACTER}"),)))


async def render_prompt(
    engine: Engine,
    request: TurnRequest,
    messages: Sequence[Message],
    generated: Sequence[GeneratedTurn],
    info: EngineInfo,
) -> Prompt:
    """The prompt if the conversation were `messages`. Raises `InvalidRequest`."""
    usable = [turn for turn in generated if turn.tokens]
    spliced = plan_splices(messages, usable, info.fingerprint, new_id("splice"))
    prompt = PromptRequest(
        messages=spliced.messages,
        splices=spliced.splices,
        form=request.form,
        incarnation=info.incarnation,
        prefill=request.prefill,
    )
    rendered = await engine.render(prompt)
    tokens = assemble(rendered, spliced.turns) + rendered.prefill
    return Prompt(tokens, rendered.generation_suffix, num_prefilled=len(rendered.prefill))


def fit_to_window(request: TurnRequest, prompt: Prompt, info: EngineInfo) -> SamplingParams:
    """The sampling parameters with `max_tokens` that the context window has room for.

    Raises `PromptTooLong` when the prompt leaves no room for a single token.
    """
    num_tokens = len(prompt.tokens)
    if num_tokens == 0:
        raise InvalidRequest("The prompt is empty: it has no tokens.", "messages")
    room = info.context_window - num_tokens
    if room < 1:
        raise PromptTooLong(num_tokens, info.context_window - 1)
    return replace(request.sampling, max_tokens=min(request.sampling.max_tokens, room))
