"""Several models on one server: listed, loaded in place of each other, offloaded, and lost."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import openai
import pytest

from agent_memory.testing.models import make_model_folder
from tests.acceptance.server import Server
from tests.acceptance.talk import Talk, user

LONG = "tell me " + "about the long road and what lies beside it " * 12
ENOUGH_TO_BE_CUT = 1000
"""Tokens: a turn of so many has not ended when the next request has changed the model."""


@pytest.fixture(scope="module")
def folders(model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """`ant` is loaded first; `bee` has other weights; `torn` has files that cannot be right, and
    the files of `wrong` only seem to be."""
    home = tmp_path_factory.mktemp("models")
    shutil.copytree(model, home / "ant")
    make_model_folder(home / "bee", seed=1)
    (shutil.copytree(model, home / "torn") / "model.safetensors").write_bytes(b"torn")
    config = shutil.copytree(model, home / "wrong") / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "num_hidden_layers": 5}))
    return {name: home / name for name in ("ant", "bee", "torn", "wrong")}


@pytest.fixture(scope="module")
def zoo(data_dir: Callable[[], Path], folders: dict[str, Path]) -> Iterator[Server]:
    first, *others = folders.values()
    running = Server(data_dir(), first, models=",".join(map(str, others))).start()
    yield running
    running.discard()


@pytest.fixture(autouse=True)
def ant_is_loaded(zoo: Server) -> None:
    assert load(zoo, "ant").status_code == httpx.codes.OK


def load(server: Server, name: str, grace_s: float | None = None) -> httpx.Response:
    body = {"model": name, "grace_s": grace_s}
    return Talk(server).post_json("/v1/models/load", body)


def offload(server: Server, folder: Path) -> httpx.Response:
    return Talk(server).post_json(f"/v1/models/{folder}/offload", {})


def states(server: Server) -> dict[str, str]:
    """By the last part of each model's path, in the order of the list."""
    with openai.OpenAI(api_key=server.key, base_url=f"{server.url}/v1") as client:
        listed = [card.to_dict() for card in client.models.list()]
    cards = [card for card in listed if card["type"] == "chat"]
    return {Path(str(card["id"])).name: str(card["state"]) for card in cards}


def take_turn(server: Server, session: str, text: str) -> dict[str, object]:
    Talk(server).post_json("/v1/agents", {"session_id": session})
    body = {"message": text, "max_tokens": 16, "temperature": 0}
    response = Talk(server).post_json(f"/v1/agents/{session}/turns", body)
    assert response.status_code == httpx.codes.OK, response.text
    turn: dict[str, object] = response.json()
    return {**turn, "model": Path(response.headers["x-model"]).name}


def usage(turn: dict[str, object]) -> dict[str, object]:
    counts = turn["usage"]
    assert isinstance(counts, dict)
    return counts


class Stream:
    """A streamed turn in a thread of its own. Greedy: it says the same wherever it runs, and the
    random model, which then repeats itself, does not end by itself."""

    def __init__(self, server: Server, session: str, text: str, num_tokens: int = 300) -> None:
        Talk(server).post_json("/v1/agents", {"session_id": session})
        self._server = server
        self._path = f"/v1/agents/{session}/turns"
        self._body = {"message": text, "max_tokens": num_tokens, "temperature": 0, "stream": True}
        self._has_begun = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.text = ""
        self.last: tuple[str, str] = ("", "")
        self._thread.start()

    def wait_for_words(self) -> None:
        assert self._has_begun.wait(60)

    def join(self) -> "Stream":
        self._thread.join(120)
        return self

    def _read(self) -> None:
        headers = {"Authorization": f"Bearer {self._server.key}"}
        with (
            httpx.Client(base_url=self._server.url, headers=headers, timeout=120) as client,
            client.stream("POST", self._path, json=self._body) as response,
        ):
            event = ""
            for line in response.iter_lines():
                kind, _, rest = line.partition(": ")
                if kind == "event":
                    event = rest
                elif kind == "data":
                    self._take(event, rest)

    def _take(self, event: str, data: str) -> None:
        self.last = (event, data)
        if event == "text_delta":
            self.text += str(json.loads(data)["text"])
            self._has_begun.set()


@contextmanager
def streaming(server: Server, session: str, text: str, num_tokens: int = 300) -> Iterator[Stream]:
    """A turn of which some words have come."""
    stream = Stream(server, session, text, num_tokens)
    stream.wait_for_words()
    yield stream
    stream.join()


def test_all_models_are_listed_with_the_loaded_one_first(zoo: Server) -> None:
    assert list(states(zoo).items())[:2] == [("ant", "loaded"), ("bee", "offloaded")]
    assert load(zoo, "bee").json()["state"] == "loaded"
    assert list(states(zoo).items())[:2] == [("bee", "loaded"), ("ant", "offloaded")]


def test_a_session_goes_on_under_either_model_and_finds_its_kv_when_its_own_is_back(
    zoo: Server,
) -> None:
    first = take_turn(zoo, "both", f"both! {LONG}")
    load(zoo, "bee")

    elsewhere = take_turn(zoo, "both", "and under this one?")

    assert elsewhere["model"] == "bee"
    assert usage(elsewhere)["cached_tokens"] == 0
    assert str(usage(elsewhere)["miss_reason"]).startswith("rebuilt under another model")
    assert int(str(usage(elsewhere)["prompt_tokens"])) > int(str(usage(first)["prompt_tokens"]))
    load(zoo, "ant")
    back = take_turn(zoo, "both", "and back?")
    assert back["model"] == "ant"
    known = int(str(usage(first)["prompt_tokens"])) + 16 - 1
    assert int(str(usage(back)["cached_from_shelf"])) >= known
    transcript = Talk(zoo).get("/v1/agents/both/transcript").json()["messages"]
    assert len(transcript) == 6


@pytest.mark.parametrize(
    ("name", "reason"), [("torn", "is truncated"), ("wrong", "weights cannot be loaded")]
)
def test_when_a_model_cannot_be_loaded_the_former_serves_and_turns_go_on_token_for_token(
    zoo: Server, name: str, reason: str
) -> None:
    calm = Stream(zoo, f"calm-{name}", "go on", ENOUGH_TO_BE_CUT).join()
    assert calm.last[0] == "turn_finished"

    with streaming(zoo, f"cut-{name}", "go on", ENOUGH_TO_BE_CUT) as cut:
        refused = load(zoo, name, grace_s=0)

    assert refused.status_code == httpx.codes.CONFLICT
    error = refused.json()["error"]
    assert error["code"] == "model_load_failed"
    assert reason in error["message"]
    assert "/ant' serves now" in error["message"]
    assert states(zoo)["ant"] == "loaded"
    assert states(zoo)[name] == "failed"
    assert (cut.last[0], cut.text) == ("turn_finished", calm.text)


def test_a_running_turn_has_time_to_end(zoo: Server) -> None:
    with streaming(zoo, "unhurried", "go on") as stream:
        assert load(zoo, "bee", grace_s=60).status_code == httpx.codes.OK
    assert stream.last[0] == "turn_finished"


def test_an_answer_that_another_model_began_is_not_finished_and_can_be_asked_for_again(
    zoo: Server,
) -> None:
    with streaming(zoo, "hurried", "go on", ENOUGH_TO_BE_CUT) as stream:
        load(zoo, "bee", grace_s=0)

    assert stream.last[0] == "error"
    assert json.loads(stream.last[1])["code"] == "stream_interrupted"
    assert Talk(zoo).get("/v1/agents/hurried").json()["num_turns"] == 0
    assert take_turn(zoo, "hurried", "go on")["model"] == "bee"


def test_turns_that_come_while_a_model_is_loaded_wait_for_it(zoo: Server) -> None:
    streams: list[Stream] = []
    with streaming(zoo, "last-of-ant", "go on"):
        loading = threading.Thread(target=load, args=(zoo, "bee", 60))
        loading.start()
        while states(zoo)["bee"] == "offloaded":
            time.sleep(0.01)
        streams = [Stream(zoo, f"early-{number}", "hello") for number in range(3)]
    loading.join(60)
    assert {stream.join().last[0] for stream in streams} == {"turn_finished"}


def test_a_request_that_names_a_model_which_is_not_loaded_is_told_how_to_have_it(
    zoo: Server, folders: dict[str, Path]
) -> None:
    body = {"messages": [user("hello")], "max_tokens": 4}
    named = {**body, "model": str(folders["bee"])}
    refused = Talk(zoo).post_json("/v1/chat/completions", named)
    assert refused.status_code == httpx.codes.CONFLICT
    assert refused.json()["error"]["code"] == "model_not_loaded"
    assert "agent-memory models load" in refused.json()["error"]["message"]
    other = Talk(zoo).post_json("/v1/chat/completions", {**body, "model": "claude"})
    assert Path(other.headers["x-model"]).name == "ant"


def test_while_none_is_loaded_turns_are_refused_and_sessions_can_be_read_and_deleted(
    zoo: Server, folders: dict[str, Path]
) -> None:
    take_turn(zoo, "waiting", "hello")
    assert offload(zoo, folders["ant"]).json()["state"] == "offloaded"

    body = {"message": "are you there?"}
    refused = Talk(zoo).post_json("/v1/agents/waiting/turns", body)

    assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert refused.json()["code"] == "no_model_loaded"
    assert "loaded" not in states(zoo).values()
    assert Talk(zoo).get("/health/ready").status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert len(Talk(zoo).get("/v1/agents/waiting/transcript").json()["messages"]) == 2
    assert Talk(zoo).delete("/v1/agents/waiting").status_code == httpx.codes.OK


def test_a_deleted_session_leaves_nothing_on_the_shelf_of_any_model(zoo: Server) -> None:
    shelf = zoo.home / "shelf"
    before = set(shelf.rglob("*.safetensors"))
    take_turn(zoo, "secret", f"secret! {LONG}")
    load(zoo, "bee")
    take_turn(zoo, "secret", "and under this one?")
    load(zoo, "ant")
    assert len({path.parent.parent for path in set(shelf.rglob("*.safetensors")) - before}) == 2

    assert Talk(zoo).delete("/v1/agents/secret").status_code == httpx.codes.OK

    assert set(shelf.rglob("*.safetensors")) <= before


def test_an_engine_that_is_killed_comes_back_with_the_model_that_it_served(zoo: Server) -> None:
    load(zoo, "bee")
    take_turn(zoo, "survivor", f"survivor! {LONG}")

    zoo.kill_actor("BatchEngine")

    turn = take_turn(zoo, "survivor", "and now?")
    assert turn["model"] == "bee"
    assert int(str(usage(turn)["cached_from_shelf"])) > 0


def test_the_command_line_lists_and_loads(zoo: Server, folders: dict[str, Path]) -> None:
    assert zoo.command("models", "load", "bee", "--grace", "5").returncode == 0
    listed = zoo.json_command("models", "list")
    assert isinstance(listed, list)
    assert (listed[0]["id"], listed[0]["state"]) == (str(folders["bee"]), "loaded")
    assert zoo.json_command("status")["model"] == str(folders["bee"])  # type: ignore[index]
    refused = zoo.command("models", "load", "torn")
    assert refused.returncode == 1
    assert "is truncated" in refused.stderr
    assert zoo.command("models", "offload", str(folders["bee"])).returncode == 0
    assert "loaded" not in states(zoo).values()


def test_the_metrics_say_which_model_is_loaded(zoo: Server, folders: dict[str, Path]) -> None:
    lines = Talk(zoo).get("/metrics").text.splitlines()
    assert f'agent_memory_model{{model="{folders["ant"]}",state="loaded"}} 1.0' in lines
    assert f'agent_memory_model{{model="{folders["bee"]}",state="offloaded"}} 1.0' in lines


def test_only_an_administrator_loads_models(zoo: Server) -> None:
    made = zoo.json_command("keys", "create", "--name", "ann", "--scope", "inference")
    assert isinstance(made, dict)
    headers = {"Authorization": f"Bearer {made['key']}"}
    body = {"model": "bee"}
    refused = httpx.post(f"{zoo.url}/v1/models/load", json=body, headers=headers, timeout=30)
    assert refused.status_code == httpx.codes.FORBIDDEN
