"""An Anthropic request as a turn."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import orjson

from agent_memory.api.call import TurnIdentity
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.anthropic import (
    Block,
    CountTokensBody,
    InputMessage,
    MessagesBody,
    OtherBlock,
    RedactedThinkingBlock,
    TextBlock,
    ThinkingBlock,
    Tool,
    ToolResultBlock,
    ToolUseBlock,
)
from agent_memory.api.schemas.anthropic import ToolChoice as ToolChoiceField
from agent_memory.api.translators.checks import check_tools, checked_max_tokens, refuse_media
from agent_memory.api.translators.context_management import context_edits
from agent_memory.api.translators.media_words import media_note, readable_text
from agent_memory.api.translators.memory_words import turn_memory
from agent_memory.api.translators.message_threads import ThreadTurn
from agent_memory.api.translators.messages_tools import Toolbox, callable_tools, referenced_name
from agent_memory.api.translators.prefill import continuing_last
from agent_memory.api.translators.service_tier import priority_of
from agent_memory.errors import InvalidRequest
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.messages import (
    Message,
    Part,
    Role,
    Text,
    Thinking,
    ToolChoice,
    ToolMode,
    ToolResult,
    ToolUse,
)
from agent_memory.turns.prompt_tags import PromptTags
from agent_memory.turns.request import MessagePin, TurnRequest
from agent_memory.turns.sampling import SamplingParams

_TTL_S = {"5m": 300.0, "1h": 3600.0}
MAX_PINS = 4
"""As many marks as Anthropic takes in one request."""
_MODES = {"auto": ToolMode.AUTO, "any": ToolMode.REQUIRED, "none": ToolMode.NONE}


def messages_turn(
    body: MessagesBody, identity: TurnIdentity, limits: Limits, thread: ThreadTurn | None = None
) -> TurnRequest:
    """The turn of `POST /v1/messages`. thread: its place in one."""
    sampling = SamplingParams(
        max_tokens=checked_max_tokens(body.max_tokens, limits, "max_tokens"),
        temperature=1.0 if body.temperature is None else body.temperature,
        top_p=1.0 if body.top_p is None else body.top_p,
        top_k=body.top_k or 0,
        stop=tuple(body.stop_sequences or ()),
    )
    turn = _turn(body, identity, sampling, thread.loaded if thread else ())
    if thread is None:
        return turn
    is_delta = thread.continues is not None
    return replace(turn, continues=thread.continues, is_delta=is_delta, kept=thread.kept)


def count_turn(body: CountTokensBody, identity: TurnIdentity) -> TurnRequest:
    """The turn whose prompt is to be counted."""
    return _turn(body, identity, SamplingParams(max_tokens=1))


def _turn(
    body: CountTokensBody,
    identity: TurnIdentity,
    sampling: SamplingParams,
    loaded: Iterable[str] = (),
) -> TurnRequest:
    toolbox = Toolbox.of(body)
    form = _form(body, toolbox, loaded)
    messages, marks = _conversation(body, toolbox)
    pins = tuple(MessagePin(mark.num_messages, _TTL_S[mark.ttl]) for mark in marks if mark.ttl)
    turn = TurnRequest(
        turn_id=identity.turn_id,
        is_repeatable=identity.is_repeatable,
        request_id=identity.request_id,
        workspace_id=identity.workspace_id,
        named_session=identity.session_id,
        messages=messages,
        cache_marks=tuple(mark.num_messages for mark in marks),
        pins=pins[-MAX_PINS:],
        sampling=sampling,
        form=form,
        model=body.model,
        memory=turn_memory(body.memory),
        priority=priority_of(body.service_tier),
        edits=context_edits(body.context_management),
        tags=PromptTags(
            reasoning_effort=body.output_config.effort if body.output_config else None,
            service_tier=body.service_tier,
        ),
    )
    return continuing_last(turn)


def _form(body: CountTokensBody, toolbox: Toolbox, loaded: Iterable[str]) -> AnswerForm:
    tools = callable_tools(body, toolbox, loaded)
    choice = _tool_choice(body.tool_choice)
    check_tools(tools, choice)
    format_ = (body.output_config and body.output_config.format) or body.output_format
    return AnswerForm(
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=not (body.tool_choice and body.tool_choice.disable_parallel_tool_use),
        thinking=_thinking(body),
        thinking_budget=None if body.thinking is None else body.thinking.budget_tokens,
        json_schema=orjson.dumps(format_.json_schema).decode() if format_ else None,
    )


def _thinking(body: CountTokensBody) -> bool | None:
    if body.thinking is None or body.thinking.type == "adaptive":
        return None
    return body.thinking.type == "enabled"


def _tool_choice(choice: ToolChoiceField | None) -> ToolChoice:
    if choice is None:
        return ToolChoice()
    if choice.type == "tool":
        if not choice.name:
            raise InvalidRequest("tool_choice.name: Field required", "tool_choice.name")
        return ToolChoice(ToolMode.NAMED, choice.name)
    return ToolChoice(_MODES[choice.type])


def _system(system: str | Sequence[Block] | None) -> Iterator[Message]:
    if not system:
        return
    blocks = [TextBlock(type="text", text=system)] if isinstance(system, str) else system
    yield Message(Role.SYSTEM, tuple(_text_only(blocks, "system")))


@dataclass(frozen=True, slots=True)
class _Mark:
    """A mark of the client's after so many messages; `ttl` as it was sent."""

    num_messages: int
    ttl: str | None


def _conversation(
    body: CountTokensBody, toolbox: Toolbox
) -> tuple[tuple[Message, ...], tuple[_Mark, ...]]:
    """The messages, and where the client has marked them. Tools stand beside the system prompt."""
    messages = list(_system(body.system))
    marks = [*_marks(body.tools, len(messages)), *_marks(body.system, len(messages))]
    last = max((at for at, said in enumerate(body.messages) if said.role != "system"), default=0)
    for index, message in enumerate(body.messages):
        reader = _Reader(toolbox, f"messages.{index}.content", is_earlier=index < last)
        messages += reader.messages_of(message)
        marks += _marks(message.content, len(messages))
    if body.cache_control is not None:
        marks.append(_Mark(len(messages), body.cache_control.ttl))
    return tuple(messages), tuple(mark for mark in marks if mark.num_messages)


def _marks(content: str | Sequence[Block | Tool] | None, num_messages: int) -> Iterator[_Mark]:
    """At most one: of several marks in one message the last one counts."""
    blocks = () if content is None or isinstance(content, str) else content
    found = [getattr(block, "cache_control", None) for block in blocks]
    controls = [control for control in found if control is not None]
    if controls:
        yield _Mark(num_messages, controls[-1].ttl)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one message. is_earlier: it is not the one to be answered; what cannot be read there
    is told in words, for the client cannot take it back."""

    toolbox: Toolbox
    param: str
    is_earlier: bool

    def messages_of(self, message: InputMessage) -> Iterator[Message]:
        content = message.content
        if isinstance(content, str):
            yield Message(Role(message.role), (Text(content),))
        elif message.role == "user":
            yield from self._user_messages(content)
        elif message.role == "assistant":
            yield from self._assistant_message(content)
        else:
            yield Message(Role.SYSTEM, tuple(_text_only(content, self.param)))

    def _user_messages(self, blocks: Sequence[Block]) -> Iterator[Message]:
        """Tool results are messages of their own, as templates want them; the order stays."""
        texts: list[Part] = []
        for index, block in enumerate(blocks):
            match block:
                case TextBlock():
                    texts.append(Text(block.text))
                case ToolResultBlock():
                    if texts:
                        yield Message(Role.USER, tuple(texts))
                        texts = []
                    yield Message(Role.TOOL, (_tool_result(block, self.toolbox),))
                case _:
                    texts.append(self._told(block, f"{self.param}.{index}", "user"))
        if texts or not blocks:
            yield Message(Role.USER, tuple(texts) or (Text(""),))

    def _assistant_message(self, blocks: Sequence[Block]) -> Iterator[Message]:
        """Redacted thinking is unreadable here and is left out, and a summary that failed."""
        parts: list[Part] = []
        for index, block in enumerate(blocks):
            match block:
                case TextBlock():
                    parts.append(Text(block.text))
                case ThinkingBlock():
                    parts.append(Thinking(block.thinking))
                case ToolUseBlock():
                    arguments = orjson.dumps(block.input).decode()
                    parts.append(ToolUse(block.id, block.name, arguments))
                case RedactedThinkingBlock():
                    continue
                case OtherBlock(type="compaction") if not block.fields().get("content"):
                    continue
                case _:
                    parts.append(self._told(block, f"{self.param}.{index}", "assistant"))
        if parts:
            yield Message(Role.ASSISTANT, tuple(parts))

    def _told(self, block: Block, param: str, role: str) -> Text:
        if not isinstance(block, OtherBlock):
            words = f"A '{block.type}' block cannot stand in a message of the {role}."
            raise InvalidRequest(words, param)
        if (text := readable_text(block.fields())) is not None:
            return Text(text)
        if not self.is_earlier:
            raise refuse_media(block.type, param)
        return Text(media_note(block.fields()))


def _tool_result(block: ToolResultBlock, toolbox: Toolbox) -> ToolResult:
    content = block.content or ""
    if not isinstance(content, str):
        content = "\n".join(_result_text(part, toolbox) for part in content)
    return ToolResult(block.tool_use_id, content, bool(block.is_error))


def _result_text(block: TextBlock | OtherBlock, toolbox: Toolbox) -> str:
    """What the model reads of one block of a result: the client that ran the tool cannot have it
    say anything else."""
    if isinstance(block, TextBlock):
        return block.text
    if (name := referenced_name(block)) is not None:
        return toolbox.schema_text(name)
    fields = block.fields()
    text = readable_text(fields)
    return media_note(fields) if text is None else text


def _text_only(blocks: Sequence[Block], param: str) -> Iterator[Text]:
    for index, block in enumerate(blocks):
        if not isinstance(block, TextBlock):
            raise refuse_media(block.type, f"{param}.{index}")
        yield Text(block.text)
