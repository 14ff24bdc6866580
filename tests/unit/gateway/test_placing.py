"""Which session takes a turn."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent_memory.errors import OtherConversation, TurnNotFound
from agent_memory.gateway.placing import Places, Placing
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.prompts.identity import conversation_hashes, head_hash
from agent_memory.turns.placement import Branch, Placement
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.transcript import HistoryMatch
from tests.unit.gateway.asking import (
    WORKSPACE,
    Speaker,
    answer_of,
    asking,
    assistant,
    heard,
    user,
)

TALK = (user("hi"), assistant("hello"), user("and?"))
HEAD = head_hash(TALK[:2])


class Histories:
    """Finds one conversation, and keeps what was looked for."""

    def __init__(self, match: HistoryMatch | None = None) -> None:
        self.match = match
        self.asked: list[tuple[str, ...]] = []

    async def find_by_history(
        self, workspace: WorkspaceId, hashes: Sequence[str]
    ) -> HistoryMatch | None:
        assert workspace == WORKSPACE
        self.asked.append(tuple(hashes))
        return self.match

    async def find_turn(self, workspace: WorkspaceId, turn: TurnId) -> HistoryMatch | None:
        assert workspace == WORKSPACE
        is_it = self.match is not None and self.match.turn_id == turn
        return self.match if is_it else None


def match(*, is_head: bool) -> HistoryMatch:
    return HistoryMatch(SessionId("sess_found"), TurnId("turn_0"), HEAD, is_head)


def continuing(turn: str) -> TurnRequest:
    return replace(asking(user("and then?")), is_delta=True, continues=TurnId(turn))


async def test_the_session_that_the_client_names_takes_the_turn_unsearched() -> None:
    histories = Histories(match(is_head=True))
    request = replace(asking(*TALK), named_session=SessionId("mine"))
    placed = await Places(histories).place(request)
    assert placed.placement == Placement(SessionId("mine"))
    assert histories.asked == []


async def test_a_conversation_goes_on_in_the_session_that_stands_there() -> None:
    placed = await Places(Histories(match(is_head=True))).place(asking(*TALK))
    assert placed.placement == Placement(SessionId("sess_found"), expected_head=HEAD)


async def test_a_conversation_that_went_on_elsewhere_begins_a_branch() -> None:
    placed = (await Places(Histories(match(is_head=False))).place(asking(*TALK))).placed
    assert placed.branch == Branch(SessionId("sess_found"), TurnId("turn_0"))
    assert placed.expected_head is None
    assert placed.session_id != "sess_found"


async def test_every_turn_of_the_history_is_looked_for() -> None:
    histories = Histories()
    messages = (*TALK, assistant("well"), user("so?"))
    await Places(histories).place(asking(*messages))
    assert histories.asked == [tuple(digest for _, digest in conversation_hashes(messages))]
    assert len(histories.asked[0]) == 2


async def test_a_first_message_makes_a_session_of_its_own_each_time() -> None:
    histories = Histories(match(is_head=True))
    places = Places(histories)
    one, other = [(await places.place(asking(user("hi")))).placed for _ in range(2)]
    assert one.session_id != other.session_id
    assert histories.asked == []


async def test_a_text_without_messages_has_no_history() -> None:
    histories = Histories(match(is_head=True))
    placed = await Places(histories).place(replace(asking(), raw_prompt="Once"))
    assert placed.placed.branch is None
    assert histories.asked == []


async def test_a_turn_that_is_asked_for_twice_at_once_makes_one_session() -> None:
    request = replace(asking(user("hi")), is_repeatable=True)
    places = Places(Histories())
    ids = {(await places.place(request)).placed.session_id for _ in range(2)}
    assert ids == {SessionId("sess_1")}


async def test_a_turn_that_is_placed_again_keeps_what_the_client_has_had() -> None:
    before = Placement(
        SessionId("sess_found"), expected_head=HEAD, delivered_tokens=(1, 2), delivered_by="f"
    )
    request = replace(asking(*TALK), placement=before)
    again = (await Places(Histories(match(is_head=False))).place(request)).placed
    assert (again.delivered_tokens, again.delivered_by) == ((1, 2), "f")
    assert again.expected_head is None
    assert again.branch == Branch(SessionId("sess_found"), TurnId("turn_0"))


async def test_the_newest_turn_is_continued_in_its_own_session() -> None:
    histories = Histories(match(is_head=True))
    request = continuing("turn_0")
    placed = (await Places(histories).place(request)).placed
    assert placed == Placement(SessionId("sess_found"), expected_head=HEAD)
    assert histories.asked == []


async def test_an_older_turn_is_continued_on_a_branch_that_needs_it() -> None:
    placed = (await Places(Histories(match(is_head=False))).place(continuing("turn_0"))).placed
    assert placed.branch == Branch(SessionId("sess_found"), TurnId("turn_0"), is_needed=True)
    assert placed.session_id != "sess_found"


async def test_the_turn_that_is_continued_goes_before_the_session_that_is_named() -> None:
    request = replace(continuing("turn_0"), named_session=SessionId("mine"))
    placed = (await Places(Histories(match(is_head=True))).place(request)).placed
    assert placed.session_id == "sess_found"


async def test_a_turn_that_is_not_there_cannot_be_continued() -> None:
    with pytest.raises(TurnNotFound, match="turn_9"):
        await Places(Histories(match(is_head=True))).place(continuing("turn_9"))


async def test_turns_and_counts_go_on_placed() -> None:
    speaker = Speaker(*answer_of("yes"))
    placing = Placing(speaker, Places(Histories(match(is_head=True))))
    assert await heard(placing.answer(asking(*TALK))) == list(answer_of("yes"))
    await placing.count(asking(*TALK))
    [asked], [counted] = speaker.asked, speaker.counted
    assert asked.placed == counted.placed == Placement(SessionId("sess_found"), HEAD)


async def test_a_turn_that_a_named_session_has_refused_goes_beside_it() -> None:
    request = replace(asking(*TALK), named_session=SessionId("mine"))
    placed = await Places(Histories()).place(request)
    again = await Places(Histories()).place_again(placed, OtherConversation("mine.1"))
    assert again.placed.session_id == "mine.1"
