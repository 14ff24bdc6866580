"""The conversations that a chat template accepts, found out by rendering small ones with it.

A template takes a conversation when it renders every text of it, in order. It may refuse, drop a
text, or move it (some hoist each system message to the front, some keep the last one alone): then
the next way of putting the conversation is tried.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from agent_memory.prompts.template_abilities import TemplateAbilities
from agent_memory.turns.messages import Message, Role, Text, ToolResult, ToolSpec, ToolUse

Render = Callable[[Sequence[Message], Sequence[ToolSpec], TemplateAbilities], str | None]
"""The prompt of a conversation; None where the template refuses it."""

TOOL = ToolSpec("fq7", "Dq7", {"type": "object", "properties": {"pq7": {"type": "string"}}})


def _says(role: Role, text: str) -> Message:
    return Message(role, (Text(text),))


def _calls(number: int, *texts: str) -> Message:
    use = ToolUse(f"call_q{number}", "fq7", f'{{"pq7":"vq{number}"}}')
    return Message(Role.ASSISTANT, (*map(Text, texts), use))


def _result(number: int) -> Message:
    return Message(Role.TOOL, (ToolResult(f"call_q{number}", f"Rq{number}"),))


_SYSTEM, _LATE_SYSTEM = _says(Role.SYSTEM, "Sq1"), _says(Role.SYSTEM, "Sq2")
_USER, _MORE, _LAST = (_says(Role.USER, f"Uq{number}") for number in (1, 2, 3))
_ANSWER, _OTHER = _says(Role.ASSISTANT, "Aq1"), _says(Role.ASSISTANT, "Aq2")
_CALL, _RESULT = _calls(1), _result(1)
_LOOP = (_USER, _CALL, _RESULT)

_Chats = Sequence[Sequence[Message]]


class TemplateProbe:
    """Asks one question after the other; what one has found holds for the next.

    can_read_calls: whether calls of the model can be read back.
    """

    def __init__(self, render: Render, *, can_read_calls: bool) -> None:
        self._render = render
        self._can_read_calls = can_read_calls

    def abilities(self) -> TemplateAbilities:
        """The best way in which the template renders conversations."""
        found = TemplateAbilities(has_tools=False)
        for question in (
            self._system,
            self._repeated_roles,
            self._beginning,
            self._silence,
            self._late_system,
        ):
            found = question(found)
        return self._with_tools(found) or found

    def _system(self, found: TemplateAbilities) -> TemplateAbilities:
        chats = [[_SYSTEM, _USER], [_SYSTEM, _USER, _ANSWER, _MORE]]
        return self._first([found, replace(found, has_system=False)], chats)

    def _repeated_roles(self, found: TemplateAbilities) -> TemplateAbilities:
        chats = [[_USER, _MORE], [_USER, _ANSWER, _OTHER, _MORE]]
        return self._first([found, replace(found, has_repeated_roles=False)], chats)

    def _beginning(self, found: TemplateAbilities) -> TemplateAbilities:
        chats = [[_ANSWER, _USER], [_SYSTEM, _ANSWER, _USER]]
        if not found.has_system:
            chats.pop()
        found = self._first([found, replace(found, has_assistant_first=False)], chats)
        return self._first([found, replace(found, has_no_user=False)], [[_SYSTEM]])

    def _silence(self, found: TemplateAbilities) -> TemplateAbilities:
        ways = [found, replace(found, silence=" "), replace(found, silence=".")]
        nothing = [_says(role, "") for role in (Role.USER, Role.ASSISTANT)]
        return self._first(ways, [[nothing[0], _ANSWER, _MORE], [_USER, nothing[1], _MORE]])

    def _late_system(self, found: TemplateAbilities) -> TemplateAbilities:
        if not found.has_system:
            return replace(found, has_late_system=False)
        chats = [
            [_SYSTEM, _USER, _ANSWER, _LATE_SYSTEM, _MORE],
            [_SYSTEM, _USER, _LATE_SYSTEM],
            [_SYSTEM, _USER, _LATE_SYSTEM, _MORE],
            [_USER, _ANSWER, _LATE_SYSTEM, _MORE],
        ]
        if found.has_tools:
            chats = [[_SYSTEM, *_LOOP, _LATE_SYSTEM, _MORE]]
        return self._first([found, replace(found, has_late_system=False)], chats)

    def _with_tools(self, plain: TemplateAbilities) -> TemplateAbilities | None:
        """The first way in which the template renders schemas, a call and its result."""
        if not self._can_read_calls:
            return None
        for has_object_arguments, has_short_ids in (
            (True, False),
            (True, True),
            (False, False),
            (False, True),
        ):
            found = replace(
                plain,
                has_tools=True,
                has_object_arguments=has_object_arguments,
                has_short_ids=has_short_ids,
            )
            if self._shows(found, _LOOP, "Dq7", "vq1", "Rq1"):
                for question in (self._words_and_tools, self._system_and_tools, self._late_system):
                    found = question(found)
                return found
        return None

    def _words_and_tools(self, found: TemplateAbilities) -> TemplateAbilities:
        if not self._shows(found, [_USER, _calls(1, "Cq1"), _RESULT], "Cq1", "vq1", "Rq1"):
            found = replace(found, has_text_with_calls=False)
        ways = [
            replace(found, has_user_after_tools=after, has_unanswered_calls=unanswered)
            for unanswered in (True, False)
            for after in (True, False)
        ]
        chats = [
            [*_LOOP, _MORE],
            [*_LOOP, _MORE, _ANSWER, _LAST],
            [*_LOOP, _calls(2), _result(2), _MORE],
            [_USER, _CALL, _MORE],
        ]
        return next((way for way in ways if self._takes(way, chats)), found)

    def _system_and_tools(self, found: TemplateAbilities) -> TemplateAbilities:
        return self._first([found, replace(found, has_system=False)], [[_SYSTEM, *_LOOP]])

    def _first(self, ways: Sequence[TemplateAbilities], chats: _Chats) -> TemplateAbilities:
        """The first way in which the template takes all of `chats`; else the last one."""
        return next((way for way in ways if self._takes(way, chats)), ways[-1])

    def _takes(self, way: TemplateAbilities, chats: _Chats) -> bool:
        return all(self._keeps(way, chat) for chat in chats)

    def _keeps(self, way: TemplateAbilities, chat: Sequence[Message]) -> bool:
        """Whether every text of `chat` is rendered, each after the one before it."""
        prompt = self._render(chat, [TOOL] if way.has_tools else [], way)
        begin = 0
        for text in (text for message in chat for text in _texts(message)):
            if prompt is None or (at := prompt.find(text, begin)) < 0:
                return False
            begin = at + len(text)
        return prompt is not None

    def _shows(self, way: TemplateAbilities, chat: Sequence[Message], *texts: str) -> bool:
        prompt = self._render(chat, [TOOL], way)
        return prompt is not None and all(text in prompt for text in texts)


def _texts(message: Message) -> list[str]:
    """What a template must render of a message of ours."""
    texts: list[str] = []
    for part in message.parts:
        match part:
            case Text(text) if text:
                texts.append(text)
            case ToolUse(call_id):
                texts.append(f"vq{call_id[-1]}")
            case ToolResult(content=content):
                texts.append(content)
            case _:
                pass
    return texts
