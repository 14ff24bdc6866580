"""A request of the Responses API as a turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from agent_memory.api.call import TurnIdentity
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.responses import InputTokensBody, ResponsesBody, TextField
from agent_memory.api.translators.checks import check_tools
from agent_memory.api.translators.memory_words import turn_memory
from agent_memory.api.translators.responses.history import History
from agent_memory.api.translators.responses.input_items import InputItems
from agent_memory.api.translators.responses.kept import Kept, request_fields
from agent_memory.api.translators.responses.tools import Toolset, chosen
from agent_memory.api.translators.sampling_words import sampling_params
from agent_memory.api.translators.service_tier import priority_of
from agent_memory.errors import InvalidRequest
from agent_memory.sealed_text import TextSeal
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.prompt_tags import PromptTags
from agent_memory.turns.request import TurnMemory, TurnRequest
from agent_memory.turns.sampling import SamplingParams

ENCRYPTED = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"
_ANY_OBJECT = '{"type":"object"}'


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was read: its turn, its tools, and what its response says of it."""

    turn: TurnRequest
    toolset: Toolset
    kept: Kept
    tools: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request is read with, besides its body. is_codex: the client is Codex, which sends
    tools of OpenAI's servers whether they are there or not."""

    identity: TurnIdentity
    limits: Limits
    seal: TextSeal
    history: History
    created_at: int
    is_codex: bool = False

    @property
    def scope(self) -> str:
        """What sealed texts of the client must belong to."""
        return self.identity.workspace_id


def read_request(body: ResponsesBody, reading: Reading) -> Asked:
    """The turn of `POST /v1/responses`."""
    _check(body)
    asked = read_prompt(body, reading)
    sampling = sampling_params(
        body,
        body.max_output_tokens,
        reading.limits,
        param="max_output_tokens",
        num_logprobs=_num_logprobs(body),
    )
    turn = replace(
        asked.turn,
        sampling=replace(sampling, max_tokens=1) if body.is_prewarm else sampling,
        max_tokens_given=body.max_output_tokens is not None,
        is_stored=body.store is not False and not body.is_prewarm,
        is_fading=body.store is False,
        priority=priority_of(body.service_tier),
        form=replace(asked.turn.form, thinking_budget=body.thinking_budget),
    )
    fields = request_fields(body, reading.created_at, asked.tools, reading.history.session)
    kept = replace(asked.kept, fields=fields)
    return replace(asked, turn=replace(turn, kept=kept.write()), kept=kept)


def read_prompt(body: InputTokensBody, reading: Reading, closing: Message | None = None) -> Asked:
    """The same of a request that is only to be counted. closing: what is to be said after it."""
    items = InputItems(body.input, reading.seal, reading.scope)
    if len(items.messages) > reading.limits.max_messages:
        limit = reading.limits.max_messages
        raise InvalidRequest(f"The input has more than {limit} messages.", "input")
    sent = (*(body.tools or ()), *items.tools)
    toolset = Toolset.of(sent, hosted_are_left_out=reading.is_codex)
    choice, left = chosen(body.tool_choice, toolset)
    check_tools(left.specs, choice)
    identity, history = reading.identity, reading.history
    said = items.messages if closing is None else [*items.messages, closing]
    messages = _messages(body, said, history)
    if not messages:
        raise InvalidRequest("'input' is needed: a text or a list of items.", "input")
    is_named = history.turn is None and history.messages is None
    turn = TurnRequest(
        turn_id=identity.turn_id,
        is_repeatable=identity.is_repeatable,
        request_id=identity.request_id,
        workspace_id=identity.workspace_id,
        named_session=history.session or (identity.session_id if is_named else None),
        messages=messages,
        is_delta=history.is_simple,
        continues=history.turn if history.is_simple and history.session is None else None,
        sampling=SamplingParams(max_tokens=1),
        form=AnswerForm(
            tools=left.specs,
            tool_choice=choice,
            parallel_tool_calls=body.parallel_tool_calls is not False,
            thinking=_thinking(body),
            effort=body.reasoning.effort if body.reasoning else None,
            json_schema=_json_schema(body.text),
        ),
        model=body.model,
        memory=_memory(body),
        tags=PromptTags(
            reasoning_effort=body.reasoning.effort if body.reasoning else None,
            verbosity=body.text.verbosity if body.text else None,
            cache_key=body.prompt_cache_key,
            service_tier=getattr(body, "service_tier", None),
            is_compacted=items.has_summary,
        ),
    )
    return Asked(turn, toolset, Kept({}, len(items.messages)), sent)


def _check(body: ResponsesBody) -> None:
    for include in body.include or ():
        if "." not in include:
            raise InvalidRequest(f"include: '{include}' is not known.", "include")
    if body.background and body.store is False:
        raise InvalidRequest("A response in the background must be stored.", "background")
    if body.background and body.is_prewarm:
        raise InvalidRequest("There is nothing to generate in the background.", "background")


def _messages(
    body: InputTokensBody, said: Sequence[Message], history: History
) -> tuple[Message, ...]:
    has_begun = history.is_simple and history.turn is not None
    instructions = (
        (Message(Role.SYSTEM, (Text(body.instructions),)),)
        if body.instructions and not has_begun
        else ()
    )
    said = (*(history.messages or ()), *history.added, *said)
    return (*instructions, *said) if said else ()


def _num_logprobs(body: ResponsesBody) -> int | None:
    if LOGPROBS in (body.include or ()):
        return body.top_logprobs or 0
    return body.top_logprobs or None


def _thinking(body: InputTokensBody) -> bool | None:
    effort = body.reasoning.effort if body.reasoning else None
    return None if effort is None else effort not in ("none", "minimal")


def _json_schema(text: TextField | None) -> str | None:
    form = text.format if text else None
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        return _ANY_OBJECT
    if form.json_schema is None:
        raise InvalidRequest("text.format.schema: Field required", "text.format.schema")
    return orjson.dumps(form.json_schema).decode()


def _memory(body: InputTokensBody) -> TurnMemory | None:
    """A turn that is not stored is not remembered either."""
    memory = turn_memory(body.memory)
    if memory is None or getattr(body, "store", None) is not False:
        return memory
    return replace(memory, remember=False) if memory.recall else None
