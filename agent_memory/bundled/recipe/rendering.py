"""Dialogues as text, cut where the model's own words begin and end.

It is the same text that `chat_template.jinja` renders; a test holds the two together.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from agent_memory.bundled.recipe.dialogues import Call, Dialogue, Message, Probe
from agent_memory.bundled.recipe.tools import Json

START, END = "<|im_start|>", "<|im_end|>"
CALL_START, CALL_END = "<tool_call>", "</tool_call>"
CHAT_TEMPLATE = Path(__file__).with_name("chat_template.jinja")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of rendered text; a reply is what the model itself must write, its end included."""

    text: str
    is_reply: bool
    probe: Probe = Probe.NOTHING
    message: Message | None = None


def pieces(dialogue: Dialogue) -> Iterator[Piece]:
    """The dialogue's text in order."""
    messages = dialogue.messages
    system = messages[0].content if messages and messages[0].role == "system" else ""
    if dialogue.schemas:
        listing = "\n".join(
            ["# Tools", *(_described(item["function"]) for item in dialogue.schemas)]
        )
        system = f"{system}\n\n{listing}" if system else listing
    if system:
        yield Piece(f"{START}system\n{system}{END}\n", is_reply=False)
    for message in messages:
        if message.role == "system":
            continue
        if message.role != "assistant":
            yield Piece(f"{START}{message.role}\n{message.content}{END}\n", is_reply=False)
            continue
        yield Piece(f"{START}assistant\n", is_reply=False)
        text = reply_text(message) + END
        yield Piece(text, is_reply=True, probe=message.probe, message=message)
        yield Piece("\n", is_reply=False)


def reply_text(message: Message) -> str:
    """What the model writes for an assistant message, without the end mark."""
    return "\n".join([message.content] * bool(message.content) + [*map(_call, message.calls)])


def as_chat(messages: Sequence[Message]) -> list[dict[str, Json]]:
    """The messages as clients send them, for the chat template."""
    return [
        {"role": item.role, "content": item.content}
        if not item.calls
        else {
            "role": item.role,
            "content": item.content,
            "tool_calls": [
                {"type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in item.calls
            ],
        }
        for item in messages
    ]


def _call(call: Call) -> str:
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return f'{CALL_START}\n{{"name": "{call.name}", "arguments": {arguments}}}\n{CALL_END}'


def _described(function: Json) -> str:
    """A tool in the order in which it is easiest to choose: what it does, its name, its schema.

    A name that comes after its description is seen in the light of it.
    """
    given = cast("dict[str, Json]", function)
    ordered = {key: given[key] for key in ("description", "name", "parameters") if key in given}
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))
