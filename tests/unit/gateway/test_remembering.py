"""Memory for a turn."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent_memory.errors import PromptTooLong, StorageUnavailable
from agent_memory.gateway.remembering import DOES_NOT_FIT, Remembering
from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.service.recollect import Recollected, Said
from agent_memory.turns.messages import Message, Recollection, Role, ToolResult
from agent_memory.turns.request import TurnMemory, TurnRequest
from tests.unit.gateway.asking import Speaker, answer_of, asking, assistant, heard, user

FOUND = Recollected("It was blue.", (ItemId("item_1"),), 5)
READ = Recollection("It was blue.\n", ("item_1",), 5)
TOO_LONG = PromptTooLong(200, 100)


class Recall:
    """Finds one thing, or raises, and keeps what was asked."""

    def __init__(self, found: Recollected | None = FOUND, error: Exception | None = None) -> None:
        self._found = found
        self._error = error
        self.asked: list[tuple[str, Said, ThreadId | None, int]] = []

    async def recollect(
        self,
        workspace: WorkspaceId,
        purpose: str,
        said: Said,
        thread_id: ThreadId | None,
        token_budget: int,
    ) -> Recollected | None:
        del workspace
        self.asked.append((purpose, said, thread_id, token_budget))
        if self._error is not None:
            raise self._error
        return self._found


class Stored:
    def __init__(self, *messages: Message) -> None:
        self._messages = messages

    async def messages_before(self, request: TurnRequest) -> Sequence[Message]:
        del request
        return self._messages


def recalling(*messages: Message, is_delta: bool = False, **memory: object) -> TurnRequest:
    return replace(
        asking(*messages),
        memory=TurnMemory(**memory),  # type: ignore[arg-type]
        is_delta=is_delta,
    )


async def asked_with(
    request: TurnRequest, recall: Recall | None = None, stored: Stored | None = None
) -> TurnRequest:
    """The request as the provider after memory hears it."""
    speaker = Speaker(*answer_of("Blue."))
    await heard(Remembering(speaker, recall or Recall(), stored or Stored()).answer(request))
    [asked] = speaker.asked
    return asked


async def test_what_helps_travels_with_the_request() -> None:
    recall = Recall()
    asked = await asked_with(
        recalling(user("Which colour?"), thread_id=ThreadId("shop"), token_budget=99), recall
    )
    assert asked.memory is not None
    assert asked.memory.recollection == READ
    assert recall.asked == [("Which colour?", Said(("Which colour?",)), "shop", 99)]


@pytest.mark.parametrize(
    "request_",
    [
        asking(user("hi")),
        recalling(user("hi"), recall=False),
        recalling(user("hi"), assistant("hello")),
        recalling(Message(Role.TOOL, (ToolResult("call", "42"),))),
        recalling(user("  ")),
        recalling(),
    ],
    ids=["not asked for", "remember only", "no person", "a tool", "nothing said", "no message"],
)
async def test_nothing_is_recalled_where_it_is_not_asked_for_or_no_person_speaks(
    request_: TurnRequest,
) -> None:
    recall = Recall()
    assert await asked_with(request_, recall) == request_
    assert recall.asked == []


async def test_what_is_read_anyway_is_not_recalled() -> None:
    earlier = user("Which colour?", Recollection("It was red.\n", ("item_0",), 4))
    recall = Recall()
    await asked_with(recalling(user("Sure?"), is_delta=True), recall, Stored(earlier))
    [(_, said, _, _)] = recall.asked
    assert said == Said(("Which colour?", "Sure?", "It was red.\n"), frozenset({"item_0"}))


async def test_a_conversation_that_was_sent_whole_is_not_counted_twice() -> None:
    recall = Recall()
    await asked_with(recalling(user("a"), user("b")), recall, Stored(user("a")))
    assert recall.asked[0][1].texts == ("a", "b")


async def test_memory_that_fails_does_not_cost_the_turn() -> None:
    asked = await asked_with(recalling(user("hi")), Recall(error=StorageUnavailable("down")))
    assert asked.memory is not None
    assert (asked.memory.recollection, asked.memory.problem) == (None, "down")


async def test_a_prompt_that_is_too_long_is_tried_without_what_was_recalled() -> None:
    speaker = Speaker(TOO_LONG, *answer_of("Blue."))
    remembering = Remembering(speaker, Recall(), Stored())
    assert await heard(remembering.answer(recalling(user("hi")))) == list(answer_of("Blue."))
    with_it, without = speaker.asked
    assert with_it.memory is not None
    assert with_it.memory.recollection == READ
    assert without.memory is not None
    assert (without.memory.recollection, without.memory.problem) == (None, DOES_NOT_FIT)


async def test_a_prompt_that_is_too_long_by_itself_is_refused() -> None:
    speaker = Speaker(TOO_LONG)
    remembering = Remembering(speaker, Recall(found=None), Stored())
    with pytest.raises(PromptTooLong):
        await heard(remembering.answer(recalling(user("hi"))))
    assert len(speaker.asked) == 1


async def test_an_answer_that_has_begun_is_not_begun_again() -> None:
    started = answer_of("")[0]
    speaker = Speaker(started, TOO_LONG)
    with pytest.raises(PromptTooLong):
        await heard(Remembering(speaker, Recall(), Stored()).answer(recalling(user("hi"))))
    assert len(speaker.asked) == 1


async def test_what_is_counted_holds_what_was_recalled() -> None:
    speaker = Speaker()
    await Remembering(speaker, Recall(), Stored()).count(recalling(user("hi")))
    memory = speaker.counted[0].memory
    assert memory is not None
    assert memory.recollection == READ
