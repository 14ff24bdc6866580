"""A conversation says the same after it was written for a provider and read again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_memory.api.call import TurnIdentity
from agent_memory.api.json_body import understood
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.anthropic import MessagesBody
from agent_memory.api.schemas.chat import ChatBody
from agent_memory.api.translators.chat_request import chat_turn
from agent_memory.api.translators.messages_request import messages_turn
from agent_memory.gateway.far import Question
from agent_memory.ids import RequestId, TurnId, WorkspaceId
from agent_memory.providers.far.anthropic_request import anthropic_body
from agent_memory.providers.far.openai_request import openai_body
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.messages import Message, Part, Role, Text, ToolResult, ToolSpec, ToolUse
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.route import Route, Target, Wire
from agent_memory.turns.sampling import SamplingParams

CLAUDE, GPT = Target("claude", "large", Wire.ANTHROPIC), Target("gpt", "large", Wire.OPENAI)
ROUTE = Route("large", ((CLAUDE,),))
IDENTITY = TurnIdentity(TurnId("turn_1"), RequestId("r"), WorkspaceId("w"), None, route=ROUTE)
TOOL = ToolSpec("look_up", "Looks it up.", {"type": "object", "properties": {}})

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    str.strip
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(texts, values, max_size=3).map(lambda it: orjson.dumps(it).decode())


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    """The system's words, and rounds of a user, an assistant with calls, and their results."""
    messages: list[Message] = []
    if draw(st.booleans()):
        messages.append(Message(Role.SYSTEM, (Text(draw(texts)),)))
    for at in range(draw(st.integers(0, 3))):
        messages.append(Message(Role.USER, (Text(draw(texts)),)))
        words = draw(st.lists(texts, max_size=1))
        calls = [
            ToolUse(f"call_{at}_{number}", "look_up", found)
            for number, found in enumerate(draw(st.lists(arguments, max_size=2)))
        ]
        parts: tuple[Part, ...] = (*map(Text, words), *calls)
        messages.append(Message(Role.ASSISTANT, parts or (Text(draw(texts)),)))
        results = tuple(ToolResult(call.id, draw(texts)) for call in calls)
        messages += [Message(Role.TOOL, results)] if results else []
    messages.append(Message(Role.USER, (Text(draw(texts)),)))
    return tuple(messages)


def said(messages: Sequence[Message]) -> Iterator[tuple[object, ...]]:
    """What the messages say, part by part: protocols put the same words into other messages."""
    for message in messages:
        for part in message.parts:
            match part:
                case Text(text) if text:
                    yield message.role, text
                case ToolUse(call_id, name, found):
                    yield "call", call_id, name, orjson.dumps(orjson.loads(found))
                case ToolResult(call_id, content, is_error):
                    yield "result", call_id, content, is_error


def turn_of(messages: tuple[Message, ...], sampling: SamplingParams) -> TurnRequest:
    return TurnRequest(
        IDENTITY.turn_id,
        IDENTITY.request_id,
        IDENTITY.workspace_id,
        messages,
        sampling,
        AnswerForm(tools=(TOOL,)),
        model="large",
        max_tokens_given=True,
        route=ROUTE,
    )


def through_claude(turn: TurnRequest) -> TurnRequest:
    body = orjson.loads(anthropic_body(Question(turn, ROUTE, turn.messages), CLAUDE))
    return messages_turn(understood(body, MessagesBody, Limits()), IDENTITY, Limits())


def through_gpt(turn: TurnRequest) -> TurnRequest:
    body = orjson.loads(openai_body(Question(turn, ROUTE, turn.messages), GPT))
    return chat_turn(understood(body, ChatBody, Limits()), IDENTITY, Limits())


sampled = st.builds(
    SamplingParams,
    max_tokens=st.integers(1, 4096),
    temperature=st.floats(0, 1),
    top_p=st.floats(0.01, 1),
    stop=st.lists(texts, max_size=3).map(tuple),
)
quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40)


@quick
@given(conversations(), sampled)
def test_it_says_the_same_in_either_protocol(
    messages: tuple[Message, ...], sampling: SamplingParams
) -> None:
    turn = turn_of(messages, sampling)
    for read in (through_claude(turn), through_gpt(turn)):
        assert list(said(read.messages)) == list(said(messages))
        assert read.sampling == sampling
        assert read.form.tools == turn.form.tools


@quick
@given(conversations())
def test_it_says_the_same_after_both_protocols_in_any_order(messages: tuple[Message, ...]) -> None:
    turn = turn_of(messages, SamplingParams(max_tokens=9))

    there = through_gpt(replace(through_claude(turn), route=ROUTE))
    back = through_claude(replace(through_gpt(turn), route=ROUTE))

    assert list(said(there.messages)) == list(said(back.messages)) == list(said(messages))
