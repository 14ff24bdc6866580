"""Documents that a turn reads."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent_memory.gateway.attaching import Attaching
from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId
from agent_memory.prompts.identity import common_prefix, conversation_hashes
from agent_memory.testing.runtime import ScriptedTurns
from agent_memory.turns.attached import AttachedContext
from agent_memory.turns.messages import Message, Recollection, Role, Text
from agent_memory.turns.placement import Placement
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams

LINES = "\n".join(f"line {number}" for number in range(40))


class Stored:
    def __init__(self, *messages: Message) -> None:
        self.messages = messages

    async def messages_before(self, request: TurnRequest) -> Sequence[Message]:
        assert request.placed
        return self.messages


class Earlier:
    def __init__(self, texts: Mapping[tuple[str, int], str]) -> None:
        self._texts = texts

    async def text(self, workspace: WorkspaceId, key: str, version: int) -> str | None:
        assert workspace == "ws"
        return self._texts.get((key, version))


def plan(version: int, text: str = LINES, key: str = "plan") -> AttachedContext:
    return AttachedContext(key, f"life_{key}", version, text)


def said(role: Role, text: str) -> Message:
    return Message(role, (Text(text),))


def request(*messages: Message, contexts: Sequence[AttachedContext]) -> TurnRequest:
    return TurnRequest(
        TurnId("turn_1"),
        RequestId("req_1"),
        WorkspaceId("ws"),
        messages,
        SamplingParams(8),
        placement=Placement(SessionId("sess_1")),
        contexts=tuple(contexts),
    )


async def attached(
    asked: TurnRequest, *stored: Message, earlier: Mapping[tuple[str, int], str] | None = None
) -> Sequence[Message]:
    """The messages that go on to the session."""
    turns = ScriptedTurns()
    link = Attaching(turns, Stored(*stored), Earlier(earlier or {}))
    assert [event async for event in link.answer(asked)] == []
    return turns.requests[0].messages


def read_by(message: Message) -> list[str]:
    return [part.text for part in message.parts if isinstance(part, Recollection)]


async def test_a_conversation_begins_with_its_documents_whoever_reads_them() -> None:
    contexts = [plan(7), plan(2, "be kind", "team/rules")]
    one = await attached(
        request(said(Role.SYSTEM, "You are A."), said(Role.USER, "Hi"), contexts=contexts)
    )
    other = await attached(request(said(Role.USER, "Hello"), contexts=contexts))
    assert one[0].parts[0] == other[0].parts[0]
    [text] = read_by(one[0])
    assert text.startswith('<context key="plan" version=7>\nline 0\n')
    assert '<context key="team/rules" version=2>\nbe kind\n</context>' in text
    assert one[0].text == "You are A."
    assert read_by(one[1]) == []


async def test_what_was_attached_is_no_part_of_what_was_said() -> None:
    asked = request(said(Role.USER, "Hi"), contexts=[plan(7)])
    messages = await attached(asked)
    assert list(conversation_hashes(messages)) == list(conversation_hashes(asked.messages))
    assert common_prefix(messages, asked.messages) == 1


async def test_a_document_that_did_not_change_is_not_told_again() -> None:
    first = await attached(request(said(Role.USER, "Hi"), contexts=[plan(7)]))
    history = (*first, said(Role.ASSISTANT, "Hello"))
    sent = (said(Role.USER, "Hi"), said(Role.ASSISTANT, "Hello"), said(Role.USER, "And?"))
    assert await attached(request(*sent, contexts=[plan(7)]), *history) == sent


async def test_a_change_is_told_once_before_the_newest_words_as_a_difference() -> None:
    changed = LINES.replace("line 20", "line twenty")
    first = await attached(request(said(Role.USER, "Hi"), contexts=[plan(7)]))
    history = (*first, said(Role.ASSISTANT, "Hello"))
    sent = (said(Role.USER, "Hi"), said(Role.ASSISTANT, "Hello"), said(Role.USER, "And?"))
    asked = request(*sent, contexts=[plan(8, changed)])
    second = await attached(asked, *history, earlier={("plan", 7): LINES})
    assert second[:2] == sent[:2]
    [text] = read_by(second[2])
    assert text.startswith('<context key="plan" version=8 changed_since=7>\n')
    assert "-line 20\n+line twenty\n" in text
    assert "line 5\n" not in text
    history = (*history, second[2], said(Role.ASSISTANT, "Well"))
    again = replace(asked, messages=(*sent, said(Role.ASSISTANT, "Well"), said(Role.USER, "So?")))
    assert await attached(again, *history) == again.messages


async def test_a_document_that_comes_later_or_whose_past_is_gone_is_told_whole() -> None:
    first = await attached(request(said(Role.USER, "Hi"), contexts=[plan(7)]))
    contexts = [plan(9, "all new"), plan(1, "be kind", "team/rules")]
    messages = await attached(request(said(Role.USER, "And?"), contexts=contexts), *first)
    [text] = read_by(messages[0])
    assert '<context key="plan" version=9>\nall new\n</context>' in text
    assert '<context key="team/rules" version=1>\nbe kind\n</context>' in text


async def test_a_turn_that_brings_results_of_tools_is_told_nothing() -> None:
    first = await attached(request(said(Role.USER, "Hi"), contexts=[plan(7)]))
    sent = (said(Role.TOOL, "42"),)
    assert await attached(request(*sent, contexts=[plan(8)]), *first) == sent
