"""How far a prompt agrees with what an earlier turn has left."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_memory.cache.lease import Lease
from agent_memory.cache.miss import MissKind
from agent_memory.ids import LeaseId, SessionId, TurnId
from agent_memory.sessions.overlapping import overlap_of
from agent_memory.testing.engine import INFO
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.overlap import Overlap
from agent_memory.turns.portable import PortableSession, PortableTurn
from agent_memory.turns.traces import Traces

HELLO = Message(Role.USER, (Text("hello"),))
HI = Message(Role.ASSISTANT, (Text("hi"),))
MORE = Message(Role.USER, (Text("more"),))
TRACES = Traces(INFO.fingerprint, (7, 8), "", num_tokens=6, num_shared=0, read_tokens=(1, 2, 3, 4))
TURN = PortableTurn(
    TurnId("turn_1"),
    "r",
    "m",
    1,
    FinishReason.STOP,
    Usage(4, 0),
    "h",
    datetime(2026, 1, 1, tzinfo=UTC),
    TRACES,
)
BEFORE = PortableSession(SessionId("s"), "m", None, (HELLO, HI), (TURN,))
LEASE = Lease(LeaseId("lease"), epoch=1)


def overlap(
    prompt: tuple[int, ...],
    messages: tuple[Message, ...] = (HELLO, HI, MORE),
    before: PortableSession = BEFORE,
    miss: MissKind | None = None,
) -> Overlap | None:
    return overlap_of(before, messages, prompt, replace(LEASE, miss_kind=miss), INFO)


def test_the_last_token_of_the_turn_before_was_never_computed() -> None:
    found = overlap((1, 2, 3, 4, 7, 8, 9))

    assert found == Overlap(num_common=6, num_before=5, num_prompt=7)
    assert found.is_whole


@pytest.mark.parametrize(
    ("messages", "has_other"),
    [
        ((HELLO, HI, MORE), False),
        ((HELLO,), False),
        ((MORE, HI, MORE), True),
        ((HELLO, MORE), True),
    ],
)
def test_messages_that_are_other_ones_are_noticed(
    messages: tuple[Message, ...], has_other: bool
) -> None:
    found = overlap((1, 2, 5), messages)

    assert found == Overlap(2, 5, 3, has_other_messages=has_other)


def test_tokens_of_another_model_are_none_of_this_one() -> None:
    other = replace(TURN, traces=replace(TRACES, model_fingerprint="other"))

    assert overlap((1, 2), before=replace(BEFORE, turns=(other,))) == Overlap(
        0, 6, 2, is_other_model=True
    )


def test_kv_that_was_evicted_is_told_apart_from_a_change() -> None:
    found = overlap((1, 2, 3, 4, 7, 8, 9), miss=MissKind.EVICTED)

    assert found is not None
    assert (found.is_whole, found.is_lost) == (True, True)


def test_a_turn_of_another_provider_has_left_no_tokens() -> None:
    assert overlap((1,), before=BEFORE.without_traces()) is None
