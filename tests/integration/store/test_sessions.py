import asyncio
import time
from dataclasses import replace

import psycopg
import pytest

from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.sessions import SessionStore
from agent_memory.turns.messages import Message, Role, Text, Thinking, ToolResult, ToolUse
from agent_memory.turns.placement import Branch
from agent_memory.turns.transcript import HistoryMatch
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.examples import assistant, traced, turn, user

ONE = SessionId("one")


async def test_a_new_session_is_empty(sessions: SessionStore) -> None:
    created = await sessions.create_session(ALPHA, ONE, "tiny")

    assert (created.session_id, created.workspace_id, created.model) == (ONE, ALPHA, "tiny")
    assert (created.num_turns, created.num_messages, created.num_tokens) == (0, 0, 0)
    assert created.head_hash is None
    assert created.title is None
    assert created.created_at.utcoffset() is not None
    assert await sessions.get_session(ALPHA, ONE) == created
    transcript = await sessions.load_transcript(ALPHA, ONE)
    assert (transcript.messages, transcript.generated) == ((), ())


async def test_two_sessions_of_one_workspace_cannot_share_an_id(sessions: SessionStore) -> None:
    await sessions.create_session(ALPHA, ONE, "tiny")

    with pytest.raises(Conflict, match="'one'"):
        await sessions.create_session(ALPHA, ONE, "tiny")


async def test_two_workspaces_can_share_an_id(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("of alpha"), turn_id="same"))
    await sessions.commit_turn(turn(BETA, ONE, user("of beta"), turn_id="same"))

    assert (await sessions.load_transcript(ALPHA, ONE)).messages[0] == user("of alpha")
    assert (await sessions.load_transcript(BETA, ONE)).messages[0] == user("of beta")


@pytest.mark.parametrize("bad", ["", "a b", "a/b", "ü", "x" * 129, "nul\x00", "line\n"])
async def test_an_id_that_may_not_be_is_refused_everywhere(
    sessions: SessionStore, bad: str
) -> None:
    session_id = SessionId(bad)

    for call in (
        sessions.create_session(ALPHA, session_id, "tiny"),
        sessions.get_session(ALPHA, session_id),
        sessions.load_transcript(ALPHA, session_id),
        sessions.commit_turn(turn(ALPHA, bad, user("hello"))),
        sessions.commit_turn(turn(ALPHA, ONE, user("hello"), turn_id=bad or " ")),
        sessions.delete_session(ALPHA, session_id),
    ):
        with pytest.raises(InvalidRequest):
            await call


async def test_a_committed_turn_is_in_the_transcript(sessions: SessionStore) -> None:
    system = Message(Role.SYSTEM, (Text("Be brief."),))
    committed = turn(ALPHA, ONE, system, user("hello"), tokens=(0, 7, 2**32 - 1))

    record = await sessions.commit_turn(committed)

    transcript = await sessions.load_transcript(ALPHA, ONE)
    assert transcript.session == record
    assert transcript.messages == (system, user("hello"), assistant("answer"))
    (generated,) = transcript.generated
    assert generated.turn_id == committed.turn_id
    assert generated.position == 2
    assert generated.message == assistant("answer")
    assert generated.tokens == (0, 7, 2**32 - 1)
    assert generated.generation_suffix == "<|im_start|>assistant\n"
    assert generated.model == "fingerprint"


async def test_a_committed_turn_advances_its_session(sessions: SessionStore) -> None:
    created = await sessions.create_session(ALPHA, ONE, "older")

    record = await sessions.commit_turn(turn(ALPHA, ONE, user("hello"), head_hash="h1"))

    assert (record.num_turns, record.num_messages, record.num_tokens) == (1, 2, 13)
    assert (record.head_hash, record.model, record.title) == ("h1", "tiny", "hello")
    assert record.created_at == created.created_at
    assert record.updated_at > created.updated_at


async def test_committing_the_same_turn_twice_changes_nothing(sessions: SessionStore) -> None:
    committed = turn(ALPHA, ONE, user("hello"))
    first = await sessions.commit_turn(committed)
    before = await sessions.load_transcript(ALPHA, ONE)

    assert await sessions.commit_turn(committed) == first
    assert await sessions.load_transcript(ALPHA, ONE) == before


async def test_a_late_repetition_does_not_undo_what_followed(sessions: SessionStore) -> None:
    first = turn(ALPHA, ONE, user("first"))
    await sessions.commit_turn(first)
    second = await sessions.commit_turn(turn(ALPHA, ONE, user("second"), num_kept=2))

    assert await sessions.commit_turn(first) == second


async def test_one_turn_id_cannot_serve_two_sessions(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("hello"), turn_id="turn_1"))

    with pytest.raises(Conflict, match="another session"):
        await sessions.commit_turn(turn(ALPHA, "two", user("hello"), turn_id="turn_1"))
    with pytest.raises(NotFound):
        await sessions.get_session(ALPHA, SessionId("two"))


async def test_a_conversation_that_goes_on_differently_supersedes_what_it_does_not_keep(
    sessions: SessionStore, url: str
) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a"), answer=assistant("A")))
    await sessions.commit_turn(turn(ALPHA, ONE, user("b"), num_kept=2, answer=assistant("B")))

    record = await sessions.commit_turn(
        turn(ALPHA, ONE, user("c"), num_kept=1, answer=assistant("C"), tokens=(9,))
    )

    transcript = await sessions.load_transcript(ALPHA, ONE)
    assert transcript.messages == (user("a"), user("c"), assistant("C"))
    assert [(one.position, one.tokens) for one in transcript.generated] == [(2, (9,))]
    assert (record.num_turns, record.num_messages, record.title) == (3, 3, "a")
    with psycopg.connect(url) as connection:
        superseded = connection.execute(
            "SELECT count(*) FROM agent_memory.messages WHERE superseded"
        ).fetchone()
    assert superseded == (3,)


async def test_turns_before_the_divergence_keep_their_tokens(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a"), tokens=(1,)))
    await sessions.commit_turn(turn(ALPHA, ONE, user("b"), num_kept=2, tokens=(2,)))
    await sessions.commit_turn(turn(ALPHA, ONE, user("c"), num_kept=2, tokens=(3,)))

    generated = (await sessions.load_transcript(ALPHA, ONE)).generated
    assert [(one.position, one.tokens) for one in generated] == [(1, (1,)), (3, (3,))]


async def test_a_turn_cannot_keep_more_than_there_is(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a")))

    with pytest.raises(Conflict, match="keeps 3 messages"):
        await sessions.commit_turn(turn(ALPHA, ONE, user("b"), num_kept=3))
    assert (await sessions.get_session(ALPHA, ONE)).num_turns == 1


async def test_every_kind_of_part_and_character_comes_back_as_it_was(
    sessions: SessionStore,
) -> None:
    strange = "nul \x00, half a pair \ud83d, \x1a0000, é 😀, \\u0000, {}'\""
    asked = Message(
        Role.TOOL, (ToolResult("call_1", strange, is_error=True), ToolResult("call_2", ""))
    )
    answer = Message(
        Role.ASSISTANT,
        (Thinking(strange), Text(strange), ToolUse("call_3", strange, '{"b":1, "a": 1.0}')),
    )

    await sessions.commit_turn(turn(ALPHA, ONE, user(strange), asked, answer=answer))

    transcript = await sessions.load_transcript(ALPHA, ONE)
    assert transcript.messages == (user(strange), asked, answer)
    assert transcript.generated[0].message == answer


async def test_the_title_is_the_beginning_of_the_first_thing_a_user_says(
    sessions: SessionStore,
) -> None:
    system = Message(Role.SYSTEM, (Text("You are helpful."),))
    said = user("\n Please\x00 write  " + "x" * 100)

    record = await sessions.commit_turn(turn(ALPHA, ONE, system, user(" "), said))

    assert record.title is not None
    assert len(record.title) == 80
    assert record.title.startswith("Please write xxx")


async def test_a_turn_without_messages_of_a_user_gives_no_title(sessions: SessionStore) -> None:
    record = await sessions.commit_turn(turn(ALPHA, ONE))

    assert record.title is None
    assert record.num_messages == 1


async def test_turns_of_one_session_committed_at_once_are_all_there(
    sessions: SessionStore,
) -> None:
    turns = [turn(ALPHA, ONE, user(f"{n}"), turn_id=f"turn_{n}") for n in range(8)]

    await asyncio.gather(*(sessions.commit_turn(one) for one in turns * 2))

    transcript = await sessions.load_transcript(ALPHA, ONE)
    assert transcript.session.num_turns == 8
    assert len(transcript.messages) == 2
    assert len(transcript.generated) == 1


async def test_turns_of_many_sessions_committed_at_once_are_all_there(
    sessions: SessionStore,
) -> None:
    await asyncio.gather(
        *(sessions.commit_turn(turn(ALPHA, f"s{n}", user(f"{n}"))) for n in range(32))
    )

    assert await sessions.count_sessions(ALPHA) == 32


async def test_readers_never_see_half_a_turn(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("0")))

    async def write() -> None:
        for n in range(1, 30):
            await sessions.commit_turn(turn(ALPHA, ONE, user(f"{n}"), num_kept=2 * n))

    writing = asyncio.create_task(write())
    while not writing.done():
        transcript = await sessions.load_transcript(ALPHA, ONE)
        assert len(transcript.messages) == transcript.session.num_messages
        assert len(transcript.generated) == transcript.session.num_turns
    await writing


async def test_sessions_are_listed_newest_first_in_pages(sessions: SessionStore) -> None:
    for n in range(5):
        await sessions.create_session(ALPHA, SessionId(f"s{n}"), "tiny")

    first, cursor = await sessions.list_sessions(ALPHA, None, 2)
    second, cursor_2 = await sessions.list_sessions(ALPHA, cursor, 2)
    third, end = await sessions.list_sessions(ALPHA, cursor_2, 2)

    listed = [record.session_id for record in (*first, *second, *third)]
    assert listed == ["s4", "s3", "s2", "s1", "s0"]
    assert end is None


async def test_a_page_that_holds_exactly_the_rest_is_the_last(sessions: SessionStore) -> None:
    for n in range(2):
        await sessions.create_session(ALPHA, SessionId(f"s{n}"), "tiny")

    assert (await sessions.list_sessions(ALPHA, None, 2))[1] is None


async def test_a_list_without_sessions_is_empty(sessions: SessionStore) -> None:
    assert await sessions.list_sessions(ALPHA, None, 10) == ((), None)


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_a_limit_out_of_bounds_is_refused(sessions: SessionStore, limit: int) -> None:
    with pytest.raises(InvalidRequest):
        await sessions.list_sessions(ALPHA, None, limit)


async def find(sessions: SessionStore, *hashes: str) -> tuple[str, bool] | None:
    """The session that is found by its history, and whether it stands there still."""
    found = await sessions.find_by_history(ALPHA, hashes)
    return None if found is None else (found.session_id, found.is_head)


async def test_a_session_is_found_by_the_longest_history_that_matches(
    sessions: SessionStore,
) -> None:
    await sessions.commit_turn(turn(ALPHA, "short", user("a"), head_hash="h1"))
    await sessions.commit_turn(turn(ALPHA, "long", user("a"), head_hash="h3"))

    assert await find(sessions, "h1", "h2", "h3", "h4") == ("long", True)
    assert await find(sessions, "h1", "h2") == ("short", True)


async def test_of_several_sessions_at_one_place_the_last_used_is_found(
    sessions: SessionStore,
) -> None:
    for name in ("first", "second", "third"):
        await sessions.commit_turn(turn(ALPHA, name, user("a"), head_hash="h"))
    await sessions.commit_turn(turn(ALPHA, "second", user("a"), head_hash="h"))

    assert await find(sessions, "h") == ("second", True)


async def test_a_turn_is_found_that_its_session_has_gone_beyond(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a"), head_hash="h1", turn_id="turn_1"))
    await sessions.commit_turn(turn(ALPHA, ONE, user("b"), num_kept=2, head_hash="h2"))

    found = await sessions.find_by_history(ALPHA, ["h1", "elsewhere"])

    assert found == HistoryMatch(ONE, TurnId("turn_1"), "h1", is_head=False)


async def test_a_session_that_stands_there_is_found_before_one_that_has_gone_beyond(
    sessions: SessionStore,
) -> None:
    await sessions.commit_turn(turn(ALPHA, "stays", user("a"), head_hash="h1"))
    await sessions.commit_turn(turn(ALPHA, "goes", user("a"), head_hash="h1"))
    await sessions.commit_turn(turn(ALPHA, "goes", user("b"), num_kept=2, head_hash="h2"))

    assert await find(sessions, "h1") == ("stays", True)


async def test_what_was_superseded_is_not_found(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a"), head_hash="h1"))
    await sessions.commit_turn(turn(ALPHA, ONE, user("wrong"), num_kept=2, head_hash="h2"))
    await sessions.commit_turn(turn(ALPHA, ONE, user("right"), num_kept=2, head_hash="h3"))

    assert await find(sessions, "h1", "h2") == (ONE, False)
    assert await find(sessions, "h2") is None


async def test_nothing_is_found_by_a_history_that_nobody_has(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a"), head_hash="h1"))
    await sessions.create_session(ALPHA, SessionId("empty"), "tiny")

    assert await find(sessions, "h0", "h3") is None
    assert await find(sessions) is None


async def test_a_branch_is_the_session_as_it_stood(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a"), head_hash="h1", turn_id="turn_1"))
    await sessions.commit_turn(turn(ALPHA, ONE, user("b"), num_kept=2, head_hash="h2"))

    branch = await sessions.load_branch(ALPHA, Branch(ONE, TurnId("turn_1")))

    assert branch.messages == (user("a"), assistant("answer"))
    assert [turn.head_hash for turn in branch.turns] == ["h1"]


@pytest.mark.parametrize(
    ("workspace", "session", "turn_id"),
    [(BETA, ONE, "turn_1"), (ALPHA, "other", "turn_1"), (ALPHA, ONE, "turn_2")],
)
async def test_there_is_no_branch_where_there_is_no_turn(
    sessions: SessionStore, workspace: WorkspaceId, session: str, turn_id: str
) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a"), turn_id="turn_1"))

    with pytest.raises(NotFound):
        await sessions.load_branch(workspace, Branch(SessionId(session), TurnId(turn_id)))


async def test_a_branch_may_begin_after_a_turn_that_was_superseded(
    sessions: SessionStore,
) -> None:
    first = turn(ALPHA, ONE, user("a"), answer=assistant("1"), tokens=(5,), turn_id="turn_1")
    await sessions.commit_turn(traced(first, 0, (1, 2)))
    second = turn(
        ALPHA, ONE, user("b"), num_kept=2, answer=assistant("2"), tokens=(7,), turn_id="turn_2"
    )
    await sessions.commit_turn(traced(second, 3, (6,)))
    other = turn(ALPHA, ONE, user("c"), user("d"), num_kept=2, answer=assistant("3"), tokens=(9,))
    await sessions.commit_turn(traced(other, 3, (8,)))
    await sessions.commit_turn(turn(ALPHA, ONE, user("e"), num_kept=1, answer=assistant("4")))

    branch = await sessions.load_branch(ALPHA, Branch(ONE, TurnId("turn_2")))

    assert branch.messages == (user("a"), assistant("1"), user("b"), assistant("2"))
    assert [one.turn_id for one in branch.turns] == ["turn_1", "turn_2"]
    assert branch.sequence == (1, 2, 5, 6, 7)


async def test_a_turn_is_found_by_its_id_with_its_place(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a"), head_hash="h1", turn_id="turn_1"))
    await sessions.commit_turn(
        turn(ALPHA, ONE, user("b"), num_kept=2, head_hash="h2", turn_id="turn_2")
    )

    older = await sessions.find_turn(ALPHA, TurnId("turn_1"))
    newest = await sessions.find_turn(ALPHA, TurnId("turn_2"))

    assert older == HistoryMatch(ONE, TurnId("turn_1"), "h1", is_head=False)
    assert newest == HistoryMatch(ONE, TurnId("turn_2"), "h2", is_head=True)
    assert await sessions.find_turn(BETA, TurnId("turn_2")) is None
    assert await sessions.find_turn(ALPHA, TurnId("turn_3")) is None


async def test_a_turn_brings_what_its_new_session_inherits(sessions: SessionStore) -> None:
    first = turn(ALPHA, ONE, user("a"), head_hash="h1", turn_id="turn_1", tokens=(5,))
    await sessions.commit_turn(traced(first, 0, (1, 2)))
    await sessions.commit_turn(turn(ALPHA, ONE, user("b"), num_kept=2, head_hash="h2"))
    branch = await sessions.load_branch(ALPHA, Branch(ONE, TurnId("turn_1")))
    second = turn(ALPHA, "two", user("c"), num_kept=2, head_hash="h4", tokens=(7,))
    commit = replace(traced(second, 3, (6,)), inherited=branch)

    record = await sessions.commit_turn(commit)

    copy = await sessions.load_transcript(ALPHA, SessionId("two"))
    assert copy.messages == (user("a"), assistant("answer"), user("c"), assistant("answer"))
    assert [(said.position, said.tokens) for said in copy.generated] == [(1, (5,)), (3, (7,))]
    assert copy.sequence == (1, 2, 5, 6, 7)
    assert (record.num_turns, record.num_messages, record.title) == (2, 4, "a")
    assert await find(sessions, "h1", "h4") == ("two", True)
    assert await sessions.commit_turn(commit) == record


async def test_a_deleted_session_is_gone_with_all_it_said(sessions: SessionStore, url: str) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a"), head_hash="h"))

    await sessions.delete_session(ALPHA, ONE)

    with pytest.raises(NotFound):
        await sessions.get_session(ALPHA, ONE)
    with pytest.raises(NotFound):
        await sessions.delete_session(ALPHA, ONE)
    assert await find(sessions, "h") is None
    with psycopg.connect(url) as connection:
        for table in ("messages", "turns"):
            rows = connection.execute(f"SELECT FROM agent_memory.{table}".encode()).fetchall()
            assert rows == []


async def test_a_session_of_another_workspace_does_not_exist(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a"), head_hash="h", turn_id="turn_1"))

    for call in (
        sessions.get_session(BETA, ONE),
        sessions.load_transcript(BETA, ONE),
        sessions.delete_session(BETA, ONE),
    ):
        with pytest.raises(NotFound):
            await call
    assert await sessions.list_sessions(BETA, None, 10) == ((), None)
    assert await sessions.count_sessions(BETA) == 0
    assert await sessions.find_by_history(BETA, ["h"]) is None
    with pytest.raises(Conflict):
        await sessions.commit_turn(turn(BETA, ONE, user("b"), num_kept=2))
    assert (await sessions.get_session(ALPHA, ONE)).num_turns == 1


async def test_a_session_needs_a_workspace_that_exists(database: Database) -> None:
    sessions = SessionStore(database)
    nowhere = type(ALPHA)("nowhere")

    with pytest.raises(Conflict, match="workspace"):
        await sessions.create_session(nowhere, ONE, "tiny")


async def test_a_session_of_a_thousand_turns_is_loaded_in_a_moment(
    sessions: SessionStore,
) -> None:
    for n in range(1000):
        tokens = tuple(range(200))
        await sessions.commit_turn(
            turn(ALPHA, ONE, user(f"question {n} " * 20), num_kept=2 * n, tokens=tokens)
        )

    started_s = time.process_time()
    transcript = await sessions.load_transcript(ALPHA, ONE)
    elapsed_s = time.process_time() - started_s

    assert len(transcript.messages) == 2000
    assert len(transcript.generated) == 1000
    assert elapsed_s < 0.5  # of our own CPU; measured 0.05 s
