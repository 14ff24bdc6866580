"""The agents of a server, over HTTP."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from agent_memory.cli.agent_client import AgentClient, Delta, Ended
from agent_memory.cli.failures import ServerRefused
from agent_memory.errors import EngineUnavailable
from agent_memory.ids import SessionId, TurnId
from agent_memory.testing.runtime import TEST_WORKSPACE
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    Ping,
    TextDelta,
    ThinkingDelta,
    TurnFinished,
    TurnStarted,
    Usage,
)
from tests.unit.cli.conftest import Scene

STARTED = TurnStarted(TurnId("t"), SessionId("s"), Usage(10, 8))
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def client(scene: Scene) -> Iterator[AgentClient]:
    with scene.server().client() as http:
        yield AgentClient(http)


def answering(handler: Callable[[httpx.Request], httpx.Response]) -> AgentClient:
    return AgentClient(httpx.Client(transport=httpx.MockTransport(handler), base_url="http://test"))


def test_a_named_session_is_made_when_there_is_none(client: AgentClient) -> None:
    session = client.open_session("trip")

    assert (session.session_id, session.num_turns) == ("trip", 0)


def test_a_named_session_is_resumed_when_there_is_one(client: AgentClient, scene: Scene) -> None:
    scene.sessions.add(TEST_WORKSPACE, SessionId("trip"))

    assert client.open_session("trip").session_id == "trip"


def test_without_a_name_the_server_makes_one(client: AgentClient) -> None:
    assert client.open_session(None).session_id != client.open_session(None).session_id


def test_an_answer_comes_in_deltas_and_ends_with_its_usage(
    client: AgentClient, scene: Scene
) -> None:
    scene.turns.script = (
        STARTED,
        Ping(1, 2),
        ThinkingDelta(0, "Hm.", 1),
        TextDelta(0, "Hi.", 1),
        ChoiceFinished(0, FinishReason.LENGTH),
        TurnFinished(Usage(10, 8, 2)),
    )
    session = client.open_session(None)

    *deltas, ended = client.take_turn(session.session_id, HELLO)

    assert deltas == [Delta("Hm.", is_thinking=True), Delta("Hi.", is_thinking=False)]
    assert isinstance(ended, Ended)
    assert ended.reason == "length"
    assert ended.usage["cached_tokens"] == 8


def test_a_refused_turn_says_what_the_server_said(client: AgentClient, scene: Scene) -> None:
    scene.turns.script = [EngineUnavailable("No node offers 'mlx'.")]
    session = client.open_session(None)

    with pytest.raises(ServerRefused, match="No node offers 'mlx'"):
        list(client.take_turn(session.session_id, HELLO))


def test_an_error_in_the_middle_of_an_answer_says_what_the_server_said(
    client: AgentClient, scene: Scene
) -> None:
    scene.turns.script = [STARTED, TextDelta(0, "Hi", 1), EngineUnavailable("The engine is gone.")]
    session = client.open_session(None)

    with pytest.raises(ServerRefused, match="The engine is gone"):
        list(client.take_turn(session.session_id, HELLO))


def test_an_answer_that_breaks_off_is_not_taken_for_whole() -> None:
    client = answering(
        lambda _: httpx.Response(200, text='event: text_delta\ndata: {"text":"Hi"}\n\n')
    )

    with pytest.raises(ServerRefused, match="broke off"):
        list(client.take_turn("trip", HELLO))


def test_a_server_that_went_away_is_refusal_enough() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    with pytest.raises(ServerRefused, match="Connection refused"):
        answering(refuse).open_session(None)


def test_an_error_page_of_a_proxy_is_told_by_its_status() -> None:
    client = answering(lambda _: httpx.Response(502, text="<html>Bad gateway</html>"))

    with pytest.raises(ServerRefused, match="502"):
        client.stats()


def test_a_deleted_session_is_gone(client: AgentClient) -> None:
    client.open_session("trip")
    client.delete("trip", keep_shelf=False)

    with pytest.raises(ServerRefused, match="No session 'trip'"):
        client.delete("trip", keep_shelf=False)


def test_to_keep_the_shelf_is_passed_on(client: AgentClient, scene: Scene) -> None:
    client.open_session("trip")
    client.delete("trip", keep_shelf=True)

    assert scene.sessions.kept_on_shelf == ["trip"]
