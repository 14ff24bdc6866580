"""A session over a scripted engine."""

from dataclasses import replace

import pytest

from agent_memory.cache.terms import Pin
from agent_memory.errors import (
    AlreadyAnswered,
    ConversationMoved,
    OtherConversation,
    StreamInterrupted,
)
from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId, new_id
from agent_memory.sessions.local_answer import LocalAnswerer
from agent_memory.sessions.session import Session, Surroundings
from agent_memory.testing.engine import EOS, MemoryStore, OpenPool, ScriptedEngine, encode
from agent_memory.turns.events import (
    ChoiceFinished,
    TextDelta,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    TurnStep,
)
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.placement import Branch, Placement
from agent_memory.turns.request import MessagePin, TurnRequest
from agent_memory.turns.sampling import SamplingParams

WORKSPACE = WorkspaceId("w")
SESSION = SessionId("s")


def say(role: Role, text: str) -> Message:
    return Message(role, (Text(text),))


def ask(
    *messages: Message,
    is_delta: bool = False,
    turn_id: str | None = None,
    delivered: tuple[int, ...] = (),
    expected_head: str | None = None,
    is_repeatable: bool = False,
    branch: Branch | None = None,
) -> TurnRequest:
    return TurnRequest(
        turn_id=TurnId(turn_id or new_id("turn")),
        request_id=RequestId("r"),
        workspace_id=WORKSPACE,
        messages=messages,
        sampling=SamplingParams(max_tokens=100),
        is_delta=is_delta,
        is_repeatable=is_repeatable,
        placement=Placement(SESSION, expected_head, branch, delivered),
    )


class World:
    """One engine, pool and store, and sessions that come and go over them."""

    def __init__(self, answers: list[str], die_at: list[int] | None = None) -> None:
        self.engine = ScriptedEngine(answers, die_at or [])
        self.pool = OpenPool()
        self.store = MemoryStore()

    def session(self, session: SessionId = SESSION) -> Session:
        answerer = LocalAnswerer(self.engine, self.pool)
        return Session(WORKSPACE, session, Surroundings(answerer, self.store))

    def said(self) -> tuple[int, ...]:
        """The tokens of the first answer."""
        traces = self.store.commits[0].traces
        assert traces is not None
        return traces.tokens


class Listener:
    """Hears the steps of turns."""

    def __init__(self) -> None:
        self.events: list[TurnEvent] = []

    def hear(self, step: TurnStep) -> None:
        self.events += step.events

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))


async def take(session: Session, request: TurnRequest) -> str:
    """One turn to its end; what it said."""
    listener = Listener()
    here = replace(request.placed, session_id=session.session_id)
    request = replace(request, placement=here)
    await session.take_turn(request, listener.hear).wait()
    return listener.text


HELLO = say(Role.USER, "hello")


async def test_a_turn_starts_streams_and_finishes_after_the_commit() -> None:
    world = World(["hi"])
    listener = Listener()

    def hear(step: TurnStep) -> None:
        if any(isinstance(event, TurnFinished) for event in step.events):
            assert len(world.store.commits) == 1
        listener.hear(step)

    await world.session().take_turn(ask(HELLO), hear).wait()
    events = listener.events
    assert isinstance(events[0], TurnStarted)
    assert isinstance(events[-2], ChoiceFinished)
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].usage.completion_tokens == len("hi") + 1
    assert world.pool.leased == world.pool.ended


async def test_a_turn_that_waited_behind_itself_is_not_taken_again() -> None:
    world = World(["hi", "never said"])
    session = world.session()
    again = ask(HELLO, is_delta=True, turn_id="turn_key", is_repeatable=True)
    first, second = (session.take_turn(again, Listener().hear) for _ in range(2))
    await first.wait()
    with pytest.raises(AlreadyAnswered):
        await second.wait()
    assert len(world.engine.requests) == 1
    assert len(world.store.commits) == 1


async def test_the_next_turn_reads_its_own_tokens_again() -> None:
    world = World(["hi", "fine"])
    session = world.session()
    await take(session, ask(HELLO))
    await take(session, ask(say(Role.USER, "how?"), is_delta=True))
    first, second = world.engine.requests
    assert second.prompt_tokens[: len(first.prompt_tokens) + 2] == (
        *first.prompt_tokens,
        *encode("hi"),
    )


async def test_what_is_stored_tells_the_tokens_of_the_last_turn() -> None:
    world = World(["hi", "fine"])
    await take(world.session(), ask(HELLO))
    await take(world.session(), ask(say(Role.USER, "how?"), is_delta=True))
    transcript = await world.store.load_transcript(WORKSPACE, SESSION)
    assert transcript.sequence == (*world.engine.requests[-1].prompt_tokens, *encode("fine"))
    traces = world.store.commits[1].traces
    assert traces is not None
    assert len(traces.read_tokens) < len(transcript.sequence) - len("fine")


async def test_a_session_woken_by_another_process_goes_on_as_before() -> None:
    world = World(["hi", "fine"])
    await take(world.session(), ask(HELLO))
    answer = await take(world.session(), ask(say(Role.USER, "how?"), is_delta=True))
    assert answer == "fine"
    transcript = await world.store.load_transcript(WORKSPACE, SESSION)
    assert [message.text for message in transcript.messages] == ["hello", "hi", "how?", "fine"]


async def test_a_history_that_was_changed_replaces_what_was_stored() -> None:
    world = World(["hi", "bonjour"])
    session = world.session()
    await take(session, ask(HELLO))
    await take(session, ask(say(Role.USER, "salut")))
    transcript = await world.store.load_transcript(WORKSPACE, SESSION)
    assert [message.text for message in transcript.messages] == ["salut", "bonjour"]


async def two_turns(world: World) -> TurnId:
    """Of the usual session; the id of the first."""
    await take(world.session(), ask(HELLO))
    await take(world.session(), ask(say(Role.USER, "how?"), is_delta=True))
    return world.store.commits[0].turn_id


GOING_BACK = (HELLO, say(Role.ASSISTANT, "hi"), say(Role.USER, "who?"))


async def test_a_branch_reads_the_tokens_that_were_said_before_it() -> None:
    world = World(["hi", "fine", "me", "you"])
    branch = Branch(SESSION, await two_turns(world))
    other = SessionId("other")
    assert await take(world.session(other), ask(*GOING_BACK, branch=branch)) == "me"
    first, _, third = world.engine.requests
    assert third.prompt_tokens[: len(first.prompt_tokens) + 2] == (
        *first.prompt_tokens,
        *encode("hi"),
    )
    transcript = await world.store.load_transcript(WORKSPACE, other)
    assert [message.text for message in transcript.messages] == ["hello", "hi", "who?", "me"]
    assert await take(world.session(other), ask(say(Role.USER, "and?"), is_delta=True)) == "you"
    assert world.engine.requests[-1].prompt_tokens[: len(transcript.sequence)] == (
        transcript.sequence
    )


async def test_a_branch_leaves_the_session_that_it_leaves_as_it_was() -> None:
    world = World(["hi", "fine", "me"])
    branch = Branch(SESSION, await two_turns(world))
    before = await world.store.load_transcript(WORKSPACE, SESSION)
    await take(world.session(SessionId("other")), ask(*GOING_BACK, branch=branch))
    assert await world.store.load_transcript(WORKSPACE, SESSION) == before


async def test_a_branch_of_a_session_that_is_gone_starts_from_what_the_client_sent() -> None:
    world = World(["me"])
    branch = Branch(SessionId("gone"), TurnId("turn_gone"))
    assert await take(world.session(), ask(*GOING_BACK, branch=branch)) == "me"
    transcript = await world.store.load_transcript(WORKSPACE, SESSION)
    assert [message.text for message in transcript.messages] == ["hello", "hi", "who?", "me"]


@pytest.mark.parametrize("die_at", [[0], [3], [2, 4]])
async def test_a_lost_engine_is_survived_without_a_token_twice_or_missing(
    die_at: list[int],
) -> None:
    world = World(["abcdef"], die_at)
    assert await take(world.session(), ask(HELLO)) == "abcdef"
    assert world.store.commits[0].answer.text == "abcdef"
    assert world.said() == encode("abcdef")
    assert sorted(world.pool.leased) == sorted(world.pool.ended)
    assert world.engine.num_open == 0
    # So do its calls keep their ids, which the client may have been told.
    assert len({request.origin for request in world.engine.requests}) == 1


async def test_turns_of_a_session_have_calls_of_their_own() -> None:
    world = World(["hi", "me"])
    session = world.session()
    await take(session, ask(HELLO))
    await take(session, ask(*GOING_BACK, turn_id="turn_2"))
    first, second = world.engine.requests
    assert first.origin != second.origin


async def test_an_engine_that_keeps_dying_ends_the_turn_with_an_error() -> None:
    world = World(["abcdef"], [1, 2, 3, 4])
    with pytest.raises(StreamInterrupted):
        await take(world.session(), ask(HELLO))
    assert world.store.commits == []


@pytest.mark.parametrize("interrupted_at", [[3], [1, 2, 3, 4, 5], [4, 2, 4]])
async def test_a_turn_that_is_interrupted_goes_on_behind_what_it_said(
    interrupted_at: list[int],
) -> None:
    world = World(["abcdef"], interrupted_at)
    world.engine.is_preempting = True
    assert await take(world.session(), ask(HELLO)) == "abcdef"
    assert world.said() == encode("abcdef")
    assert sorted(world.pool.leased) == sorted(world.pool.ended)
    terms = [terms for _, _, terms in world.pool.asked]
    assert [each.num_preemptions for each in terms] == list(range(len(interrupted_at) + 1))
    assert [each.has_begun for each in terms] == [False] + [True] * len(interrupted_at)
    prompt = world.engine.requests[0].prompt_tokens
    tokens, num_reserved, _ = world.pool.asked[1]
    assert tokens == prompt + encode("abcdef"[: interrupted_at[0]])
    assert num_reserved == 100 - interrupted_at[0]


@pytest.mark.parametrize("priority", [-1, 0, 1])
async def test_the_priority_of_a_turn_goes_with_it_to_the_pool_and_the_engine(
    priority: int,
) -> None:
    world = World(["hi"])
    await take(world.session(), replace(ask(HELLO), priority=priority))
    assert [terms.priority for _, _, terms in world.pool.asked] == [priority]
    [request] = world.engine.requests
    assert (request.priority, request.group) == (priority, WORKSPACE)


async def test_a_pin_is_told_to_the_pool_in_tokens_of_the_prompt() -> None:
    world = World(["hi"])
    messages = (say(Role.SYSTEM, "be kind"), HELLO)
    pinned = replace(ask(*messages), pins=(MessagePin(1, 300.0), MessagePin(2, 60.0)))
    await take(world.session(), pinned)
    [(prompt, _, terms)] = world.pool.asked
    system = len(encode("<system>be kind\n"))
    assert terms.pins == (Pin(system + 1, 300.0), Pin(len(prompt), 60.0))


async def test_an_interrupted_turn_that_nobody_wants_any_more_does_not_come_back() -> None:
    world = World(["abcdef"], [3])
    world.engine.is_preempting = True
    session = world.session()
    turn = session.take_turn(ask(HELLO), Listener().hear)
    world.engine.pause = lambda index: turn.cancel() if index == 3 else None
    await turn.wait()
    assert world.store.commits == []
    assert len(world.pool.leased) == len(world.pool.ended) == 1


async def test_a_turn_taken_over_from_a_dead_process_sends_only_the_rest() -> None:
    world = World(["abcdef"])
    request = ask(HELLO, delivered=encode("abc"))
    assert await take(world.session(), request) == "def"
    assert world.store.commits[0].answer.text == "abcdef"


async def test_a_turn_that_was_committed_before_its_process_died_is_not_added_twice() -> None:
    world = World(["hi", "hi"])
    question = say(Role.USER, "hello")
    await take(world.session(), ask(question, is_delta=True, turn_id="t1"))
    again = ask(question, is_delta=True, turn_id="t1", delivered=(*encode("hi"), EOS))
    await take(world.session(), again)
    transcript = await world.store.load_transcript(WORKSPACE, SESSION)
    assert [message.text for message in transcript.messages] == ["hello", "hi"]


async def test_a_cancelled_turn_is_not_committed_and_leaves_no_lease() -> None:
    world = World(["abcdef"])
    session = world.session()
    turn = session.take_turn(ask(HELLO), Listener().hear)
    world.engine.pause = lambda index: turn.cancel() if index == 2 else None
    await turn.wait()
    assert world.store.commits == []
    assert world.pool.leased == world.pool.ended
    assert not session.is_busy


async def test_a_turn_found_by_its_history_is_refused_once_that_has_moved_on() -> None:
    world = World(["hi", "fine"])
    session = world.session()
    await take(session, ask(HELLO))
    with pytest.raises(ConversationMoved):
        await take(session, ask(HELLO, expected_head="something else"))


async def test_a_turn_finds_what_another_process_added_to_its_conversation() -> None:
    world = World(["hi", "fine", "well"])
    session = world.session()
    await take(session, ask(HELLO))
    await take(world.session(), ask(say(Role.USER, "how?"), is_delta=True))
    head = (await world.store.load_transcript(WORKSPACE, SESSION)).session.head_hash
    await take(session, ask(say(Role.USER, "and?"), is_delta=True, expected_head=head))
    transcript = await world.store.load_transcript(WORKSPACE, SESSION)
    said = [message.text for message in transcript.messages]
    assert said == ["hello", "hi", "how?", "fine", "and?", "well"]


async def test_a_turn_does_not_supersede_what_another_process_added_meanwhile() -> None:
    world = World(["hi", "fine", "never kept", "well"])
    session = world.session()
    await take(session, ask(HELLO))
    await take(world.session(), ask(say(Role.USER, "how?"), is_delta=True))
    with pytest.raises(ConversationMoved):
        await take(session, ask(say(Role.USER, "and?"), is_delta=True))
    assert await take(session, ask(say(Role.USER, "and?"), is_delta=True)) == "well"
    transcript = await world.store.load_transcript(WORKSPACE, SESSION)
    said = [message.text for message in transcript.messages]
    assert said == ["hello", "hi", "how?", "fine", "and?", "well"]


async def test_turns_of_one_session_run_one_after_the_other() -> None:
    world = World(["first", "second"])
    session = world.session()
    one, two = Listener(), Listener()
    first = session.take_turn(ask(HELLO, is_delta=True), one.hear)
    second = session.take_turn(ask(say(Role.USER, "and?"), is_delta=True), two.hear)
    await second.wait()
    await first.wait()
    assert (one.text, two.text) == ("first", "second")
    assert len((await world.store.load_transcript(WORKSPACE, SESSION)).messages) == 4


async def test_usage_tells_which_message_was_changed() -> None:
    world = World(["one", "two"])
    session = world.session()
    await take(session, ask(say(Role.USER, "hello"), say(Role.USER, "there")))
    listener = Listener()
    changed = ask(say(Role.USER, "hello"), say(Role.USER, "where"), say(Role.USER, "more"))
    await session.take_turn(changed, listener.hear).wait()
    started = next(event for event in listener.events if isinstance(event, TurnStarted))
    assert started.usage.miss_reason is not None
    assert started.usage.miss_reason.endswith("message 2 (user), 'there' became 'where'")


def named(*messages: Message) -> TurnRequest:
    return replace(ask(*messages), named_session=SESSION)


async def test_another_conversation_under_its_name_is_not_taken_by_a_session() -> None:
    world = World(["hi"])
    session = world.session()
    await take(session, named(say(Role.SYSTEM, "Be terse."), HELLO))
    title = named(say(Role.SYSTEM, "Write a title."), HELLO)
    with pytest.raises(OtherConversation) as raised:
        await take(session, title)

    assert raised.value.beside.startswith(f"{SESSION}.")
    said = (await world.store.load_transcript(WORKSPACE, SESSION)).messages
    assert [message.text for message in said] == ["Be terse.", "hello", "hi"]


async def test_a_conversation_beside_has_the_same_name_whenever_it_goes_on() -> None:
    world = World(["hi"])
    session = world.session()
    await take(session, named(HELLO))
    begun = (say(Role.USER, "Write a title."),)
    names = []
    for messages in (begun, (*begun, say(Role.ASSISTANT, "A title"), say(Role.USER, "Shorter."))):
        with pytest.raises(OtherConversation) as raised:
            await take(session, named(*messages))
        names.append(raised.value.beside)

    assert names[0] == names[1]


@pytest.mark.parametrize(
    "messages",
    [
        (HELLO,),
        (say(Role.SYSTEM, "At 12:01"), HELLO, say(Role.ASSISTANT, "hi"), say(Role.USER, "and?")),
        (say(Role.ASSISTANT, "hi"), say(Role.USER, "trimmed")),
    ],
)
async def test_a_conversation_that_begins_alike_or_holds_an_answer_stays(
    messages: tuple[Message, ...],
) -> None:
    world = World(["hi", "well"])
    session = world.session()
    await take(session, named(HELLO))

    assert await take(session, named(*messages)) == "well"


async def test_new_words_alone_are_never_another_conversation() -> None:
    world = World(["hi", "well"])
    session = world.session()
    await take(session, named(HELLO))
    request = replace(ask(say(Role.USER, "else"), is_delta=True), named_session=SESSION)

    assert await take(session, request) == "well"


async def test_a_long_name_leaves_room_for_the_conversation_beside_it() -> None:
    world = World(["hi"])
    session = world.session()
    long = SessionId("s" * 128)
    await take(session, named(HELLO))
    with pytest.raises(OtherConversation) as raised:
        await take(session, replace(named(say(Role.USER, "else")), named_session=long))

    assert len(raised.value.beside) == 128
