"""The parts of an answer as items of a response's output, and messages as items of its input."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from agent_memory.api.answer import Choice
from agent_memory.api.part_tracker import AnswerPart, PartEnded
from agent_memory.api.translators.responses.tools import ToolWord
from agent_memory.ids import TurnId
from agent_memory.prompts.calls import is_json_object
from agent_memory.sealed_text import TextSeal
from agent_memory.turns.events import FinishReason, TokenLogprob
from agent_memory.turns.messages import Message, Part, Role, Text, Thinking, ToolResult, ToolUse
from agent_memory.turns.names import bare_id

Item = dict[str, object]
_ROLES = {Role.SYSTEM: "developer", Role.USER: "user"}


@dataclass(frozen=True, slots=True)
class ItemWriter:
    """Writes the items of one turn. words: of the tools that may be called.

    seal: for the reasoning that the client carries; None where it did not ask for it.
    """

    words: Mapping[str, ToolWord]
    seal: TextSeal | None = None
    scope: str = ""

    def output(self, turn: TurnId, choice: Choice) -> list[Item]:
        """The items of a whole answer."""
        return self.of_parts(turn, choice.parts, choice.reason, choice.logprobs)

    def of_parts(
        self,
        turn: TurnId,
        parts: Sequence[Part],
        reason: FinishReason,
        logprobs: Sequence[TokenLogprob] = (),
    ) -> list[Item]:
        items: list[Item] = []
        told = list(_told(parts))
        for at, part in enumerate(told):
            ended = PartEnded(part, reason if at == len(told) - 1 else None)
            spoken = logprobs if isinstance(part, Text) else ()
            if (item := self.ended(turn, len(items), ended, spoken)) is not None:
                items.append(item)
        return items

    def ended(
        self, turn: TurnId, at: int, ended: PartEnded, logprobs: Sequence[TokenLogprob] = ()
    ) -> Item | None:
        """The whole item of a part; None of a call that a client must not see."""
        match ended.part:
            case Text(text):
                is_cut = ended.reason in {FinishReason.LENGTH, FinishReason.WINDOW}
                status = "incomplete" if is_cut else "completed"
                return message_item(item_id("msg", turn, at), status, [text_part(text, logprobs)])
            case Thinking(text):
                return self._reasoning(item_id("rs", turn, at), text)
            case ToolUse():
                return self._call(turn, at, ended.part, is_cut=ended.is_cut)

    def word(self, name: str) -> ToolWord:
        """What the client calls the tool."""
        return self.words.get(name) or ToolWord(name)

    def _reasoning(self, id_: str, text: str) -> Item:
        item = reasoning_item(id_, [{"type": "reasoning_text", "text": text}])
        if self.seal is not None:
            item["encrypted_content"] = self.seal.seal(self.scope, text)
        return item

    def _call(self, turn: TurnId, at: int, call: ToolUse, *, is_cut: bool) -> Item | None:
        if not call.name:
            return None
        word = self.word(call.name)
        is_whole = is_json_object(call.arguments)
        if not word.is_custom:
            status = "incomplete" if is_cut and not is_whole else "completed"
            return call_item(item_id("fc", turn, at), status, call.id, word, call.arguments)
        if is_cut and not is_whole:
            return None
        return custom_item(item_id("ctc", turn, at), call.id, word, custom_input(call.arguments))


def plain_writer() -> ItemWriter:
    """For messages without calls."""
    return ItemWriter({})


def custom_input(arguments: str) -> str:
    """The free text of a call; what a model wrote otherwise is passed on as it is."""
    if is_json_object(arguments) and isinstance(text := orjson.loads(arguments).get("input"), str):
        return text
    return arguments


def item_id(kind: str, turn: TurnId, at: int) -> str:
    """The id of the item at that place of the turn's output."""
    return f"{kind}_{bare_id(turn)}_{at}"


def message_item(id_: str, status: str, content: Sequence[object]) -> Item:
    return {
        "id": id_,
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": list(content),
    }


def text_part(text: str, logprobs: Sequence[TokenLogprob] = ()) -> Item:
    return {
        "type": "output_text",
        "text": text,
        "annotations": [],
        "logprobs": logprob_list(logprobs),
    }


def logprob_list(logprobs: Sequence[TokenLogprob]) -> list[Item]:
    return [{**_token(one), "top_logprobs": [_token(top) for top in one.top]} for one in logprobs]


def reasoning_item(id_: str, content: Sequence[object]) -> Item:
    return {"id": id_, "type": "reasoning", "summary": [], "content": list(content)}


def call_item(id_: str, status: str, call_id: str, word: ToolWord, arguments: str) -> Item:
    return {
        "id": id_,
        "type": "function_call",
        "status": status,
        "call_id": call_id,
        **_named(word),
        "arguments": arguments,
    }


def custom_item(id_: str, call_id: str, word: ToolWord, text: str) -> Item:
    return {
        "id": id_,
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": call_id,
        **_named(word),
        "input": text,
    }


def custom_calls(messages: Sequence[Message], words: Mapping[str, ToolWord]) -> frozenset[str]:
    """The ids of the calls whose input is free text."""
    calls = (part for message in messages for part in message.parts if isinstance(part, ToolUse))
    return frozenset(call.id for call in calls if (word := words.get(call.name)) and word.is_custom)


def input_items(
    message: Message, id_: str, writer: ItemWriter, customs: frozenset[str]
) -> Iterator[Item]:
    """What was said to the model in a message. id_: from which those of the items are made.
    customs: the calls whose results are those of custom tools."""
    if message.role is Role.ASSISTANT:
        yield from writer.of_parts(TurnId(id_), message.parts, FinishReason.STOP)
        return
    if texts := [part.text for part in message.parts if isinstance(part, Text)]:
        yield {
            "id": f"msg_{id_}",
            "type": "message",
            "status": "completed",
            "role": _ROLES.get(message.role, "user"),
            "content": [{"type": "input_text", "text": text} for text in texts],
        }
    results = (part for part in message.parts if isinstance(part, ToolResult))
    for at, result in enumerate(results):
        kind = "custom_tool_call" if result.tool_use_id in customs else "function_call"
        yield {
            "id": f"fco_{id_}_{at}",
            "type": f"{kind}_output",
            "status": "completed",
            "call_id": result.tool_use_id,
            "output": result.content,
        }


def _told(parts: Sequence[Part]) -> Iterator[AnswerPart]:
    for part in parts:
        match part:
            case ToolUse(id_, name, ""):
                yield ToolUse(id_, name, "{}")
            case ToolUse():
                yield part
            case Text(text) | Thinking(text) if text:
                yield part


def _named(word: ToolWord) -> Item:
    return {"name": word.name, **({"namespace": word.namespace} if word.namespace else {})}


def _token(token: TokenLogprob) -> Item:
    return {"token": token.token, "bytes": list(token.token_bytes), "logprob": token.logprob}
