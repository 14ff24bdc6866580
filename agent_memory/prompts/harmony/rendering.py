"""Messages after the preamble, in harmony.

The template of gpt-oss writes one call a message, no late system message and no text beside a call;
here nothing is lost, and what the template can write is written as it does:

* thinking is rendered before calls alone, and no more after the answer that they led to;
* text beside calls is a commentary of its own in front of them;
* a late system message is the developer's, at its place.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from agent_memory.prompts.harmony.marks import (
    ANSWER,
    ASSISTANT,
    CALL,
    CHANNEL,
    END,
    MESSAGE,
    NAMESPACE,
    PREAMBLE,
    START,
    THINKING,
)
from agent_memory.prompts.template_messages import arguments_value, call_names, joined_text
from agent_memory.turns.messages import Message, Role, Thinking, ToolResult, ToolUse

_UNKNOWN = "tool"
"""The name of a tool whose call is not in the history."""


def harmony_messages(
    messages: Sequence[Message], spoken: Mapping[str, Sequence[ToolUse]] = {}
) -> str:
    """The messages as text. spoken: the calls that a text stands for which takes the place of
    recorded tokens."""
    uses = [use for calls in spoken.values() for use in calls]
    names = call_names([*messages, Message(Role.ASSISTANT, tuple(uses))])
    answered = _last_answer(messages, spoken)
    return "".join(
        text
        for at, message in enumerate(messages)
        for text in _texts(message, names, spoken, has_thinking=at > answered)
    )


def _last_answer(messages: Sequence[Message], spoken: Mapping[str, Sequence[ToolUse]]) -> int:
    """Where the last message stands that is the assistant's and calls nothing; -1 for none."""
    return max(
        (
            at
            for at, message in enumerate(messages)
            if message.role is Role.ASSISTANT and not (_calls(message) or spoken.get(message.text))
        ),
        default=-1,
    )


def _texts(
    message: Message,
    names: Mapping[str, str],
    spoken: Mapping[str, Sequence[ToolUse]],
    *,
    has_thinking: bool,
) -> Iterator[str]:
    match message.role:
        case Role.SYSTEM:
            yield f"{START}developer{MESSAGE}# Instructions\n\n{joined_text(message)}{END}"
        case Role.ASSISTANT if message.text in spoken:
            end = CALL if spoken[message.text] else END
            yield f"{ASSISTANT}{ANSWER}{message.text}{end}"
        case Role.ASSISTANT:
            yield from _assistant(message, has_thinking=has_thinking)
        case _:
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            yield from (_result(each, names) for each in results)
            if (text := joined_text(message)) or not results:
                yield f"{START}user{MESSAGE}{text}{END}"


def _assistant(message: Message, *, has_thinking: bool) -> Iterator[str]:
    calls = _calls(message)
    # Of a call that was cut off before its name, the model reads what it wrote.
    uses = [part for part in message.parts if isinstance(part, ToolUse)]
    nameless = [use.arguments for use in uses if not use.name]
    text = "\n".join(filter(None, [joined_text(message), *nameless]))
    thinking = "".join(part.text for part in message.parts if isinstance(part, Thinking))
    if not calls:
        yield f"{ASSISTANT}{ANSWER}{text}{END}"
        return
    if thinking and has_thinking:
        yield f"{ASSISTANT}{THINKING}{thinking}{END}"
    if text:
        yield f"{ASSISTANT}{PREAMBLE}{text}{END}"
    for call in calls:
        arguments = json.dumps(arguments_value(call.arguments), ensure_ascii=False)
        to = f"{ASSISTANT} to={NAMESPACE}.{call.name}"
        yield f"{to}{CHANNEL}commentary json{MESSAGE}{arguments}{CALL}"


def _result(result: ToolResult, names: Mapping[str, str]) -> str:
    content = f"Error: {result.content}" if result.is_error else result.content
    name = names.get(result.tool_use_id) or _UNKNOWN
    told = json.dumps(content, ensure_ascii=False)
    return f"{START}{NAMESPACE}.{name} to=assistant{CHANNEL}commentary{MESSAGE}{told}{END}"


def _calls(message: Message) -> list[ToolUse]:
    return [part for part in message.parts if isinstance(part, ToolUse) and part.name]
