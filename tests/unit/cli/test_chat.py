"""`agent-memory chat`."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from agent_memory.cli import endpoint as endpoint_module
from agent_memory.cli.agent_client import AgentClient
from agent_memory.cli.main import app
from agent_memory.errors import EngineUnavailable
from agent_memory.ids import SessionId, TurnId
from agent_memory.testing.runtime import Step
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.request import TurnRequest
from tests.unit.cli.conftest import Scene

Chat = Callable[..., Result]


def echo(request: TurnRequest) -> list[Step]:
    """Say what was said last, and that all but one token of it was cached."""
    return [
        TurnStarted(TurnId("t"), SessionId("s"), Usage(10, 9)),
        TextDelta(0, f"You said {request.messages[-1].text}", 3),
        ChoiceFinished(0, FinishReason.STOP),
        TurnFinished(Usage(10, 9, 3)),
    ]


@pytest.fixture
def chat(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Chat:
    scene.turns.script = echo
    monkeypatch.setattr(endpoint_module, "require_server", lambda _settings: scene.server())

    def run(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, ["chat", *arguments], input=typed)

    return run


def roles(request: TurnRequest) -> list[str]:
    return [message.role for message in request.messages]


def test_one_message_gets_one_answer_and_its_usage(chat: Chat) -> None:
    outcome = chat("--message", "Hello")

    assert outcome.exit_code == 0
    assert outcome.stdout == "You said Hello\n[3 tokens; 9 of 10 prompt tokens cached]\n"


def test_with_json_the_answer_is_one_object(chat: Chat) -> None:
    answer = orjson.loads(chat("--message", "Hello", "--session", "trip", "--json").stdout)

    assert answer["session"] == "trip"
    assert answer["text"] == "You said Hello"
    assert answer["finish_reason"] == "stop"
    assert answer["usage"]["cached_tokens"] == 9


def test_what_is_typed_is_answered_until_the_end_of_input(chat: Chat, scene: Scene) -> None:
    outcome = chat("--session", "trip", typed="one\n\ntwo\n")

    assert "You said one" in outcome.stdout
    assert "You said two" in outcome.stdout
    assert len(scene.turns.requests) == 2
    assert "chat --session trip" in outcome.stdout


def test_exit_ends_the_conversation(chat: Chat, scene: Scene) -> None:
    chat(typed="one\n/exit\ntwo\n")

    assert len(scene.turns.requests) == 1


def test_the_system_prompt_goes_with_the_first_turn_only(chat: Chat, scene: Scene) -> None:
    chat("--system", "Be brief.", typed="one\ntwo\n")

    assert [roles(request) for request in scene.turns.requests] == [["system", "user"], ["user"]]


def test_an_answer_cannot_steer_the_terminal(chat: Chat) -> None:
    outcome = chat("--message", "\x1b[2Jgone\x07\x9b31m line\nline")

    assert "You said [2Jgone31m line\nline\n" in outcome.stdout


def test_ctrl_c_cancels_the_answer_and_the_conversation_goes_on(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted = iter([True, False])
    take_turn = AgentClient.take_turn

    def take(self: AgentClient, *arguments: object) -> object:
        for event in take_turn(self, *arguments):  # type: ignore[arg-type]
            yield event
            if next(interrupted, False):
                raise KeyboardInterrupt

    monkeypatch.setattr(AgentClient, "take_turn", take)

    outcome = chat(typed="one\ntwo\n")

    assert outcome.exit_code == 0
    assert outcome.stdout.count("[cancelled; this turn is not kept]") == 1
    assert "You said two\n[3 tokens" in outcome.stdout


def test_what_the_server_refuses_ends_the_command_with_one_line(chat: Chat, scene: Scene) -> None:
    scene.turns.script = [EngineUnavailable("No node offers 'mlx'.")]

    outcome = chat("--message", "Hello")

    assert outcome.exit_code == 1
    assert outcome.stderr == "agent-memory: No node offers 'mlx'.\n"


def test_json_without_a_message_is_refused(chat: Chat) -> None:
    outcome = chat("--json")

    assert outcome.exit_code == 2
    assert "--message" in orjson.loads(outcome.stderr)["error"]["message"]


def test_without_a_server_it_says_how_to_start_one(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["chat", "--data-dir", str(tmp_path)])

    assert outcome.exit_code == 3
    assert f"agent-memory serve --data-dir {tmp_path}" in outcome.stderr


def test_commands_are_not_said_to_the_model(chat: Chat, scene: Scene) -> None:
    outcome = chat("--session", "mine", typed="/help\n/hepl\n/session\nHello\n")

    assert outcome.exit_code == 0
    assert "/system TEXT" in outcome.stdout
    assert "There is no command /hepl. Did you mean /help?" in outcome.stdout
    assert "session mine" in outcome.stdout
    assert [request.messages[-1].text for request in scene.turns.requests] == ["Hello"]


def test_text_that_begins_with_a_slash_can_be_said(chat: Chat, scene: Scene) -> None:
    chat(typed="//help\n/usr/bin is a path\n/\n")

    said = [request.messages[-1].text for request in scene.turns.requests]
    assert said == ["/help", "/usr/bin is a path", "/"]


def test_a_message_may_have_several_lines(chat: Chat, scene: Scene) -> None:
    chat(typed='"""one\ntwo\n\nfour"""\n"""five"""\n')

    said = [request.messages[-1].text for request in scene.turns.requests]
    assert said == ["one\ntwo\n\nfour", "five"]


def test_a_new_session_may_have_another_system_prompt(chat: Chat, scene: Scene) -> None:
    chat("--session", "mine", typed="/system Be brief.\nHello\n/new\nAgain\n")

    first, second = scene.turns.requests
    assert roles(first) == ["system", "user"]
    assert roles(second) == ["user"]
    assert len({"mine", first.named_session, second.named_session}) == 3


def test_a_server_elsewhere_is_named_by_its_address_and_needs_a_key(chat: Chat) -> None:
    missing = chat("--url", "http://other:8000", "--message", "Hello")
    assert missing.exit_code != 0
    odd = chat("--url", "other:8000", "--key", "am_x", "--message", "Hello")
    assert odd.exit_code != 0
