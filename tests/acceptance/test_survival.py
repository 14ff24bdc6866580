"""A session survives its server's end, in order and out of it, and the death of each actor."""

import time

import httpx
import pytest

from tests.acceptance.patience import wait_until
from tests.acceptance.server import Server
from tests.acceptance.talk import Talk, assistant, user

QUESTION = "tell me about the lighthouse and its keeper"
ACTORS = ["BatchEngineActor", "BlockPoolActor", "AgentSessionActor", "SessionDirectoryActor"]


def test_after_a_kill_the_next_turn_reads_the_whole_history_from_the_shelf(
    mortal: Server, server: Server
) -> None:
    talk, untouched = Talk(mortal, "survivor"), Talk(server, "undisturbed")
    first = talk.ask([user(QUESTION)])
    assert untouched.ask([user(QUESTION)]).text == first.text
    history = [user(QUESTION), assistant(first.text), user("what then?")]
    mortal.kill_itself()
    mortal.start()
    # The shelf is looked through before anybody asks.
    wait_until(lambda: bool(talk.stats().get("pool_shelf_bytes")), timeout_s=30)
    resumed = talk.ask(history)
    assert resumed.usage["cached"] == first.usage["prompt"] + first.usage["completion"] - 1
    assert resumed.text == untouched.ask(history).text


def test_one_turn_goes_on_under_every_name_of_it_after_each_kill(mortal: Server) -> None:
    """Begun as a response, continued as a thread and by its session; only new tokens are read."""
    talk = Talk(mortal)
    first = talk.post_json(
        "/v1/responses", {"model": "m", "input": QUESTION, "max_output_tokens": 20}
    ).json()
    left = first["usage"]["total_tokens"] - 1
    _outlive_ray(mortal, talk)
    second = talk.post_json(
        "/v1/messages",
        {
            "model": "m",
            "max_tokens": 20,
            "messages": [user("what then?")],
            "thread": {
                "type": "continue",
                "previous_message_id": first["id"].replace("resp_", "msg_"),
            },
        },
    )
    usage = second.json()["usage"]
    assert usage["cache_read_input_tokens"] == left
    prompt = usage["input_tokens"] + usage["cache_read_input_tokens"]
    left = prompt + usage["output_tokens"] - 1
    _restart(mortal, talk)
    session = second.headers["x-session-id"]
    third = talk.post_json(
        f"/v1/agents/{session}/turns", {"messages": [user("and then?")], "max_tokens": 20}
    ).json()
    assert third["usage"]["cached_tokens"] == left
    transcript = talk.get(f"/v1/agents/{session}/transcript").json()
    assert len(transcript["messages"]) == 6


def _outlive_ray(server: Server, talk: Talk) -> None:
    """The server begins again by itself, in its own process, and nobody is refused a connection."""
    pid = server.pid
    server.kill_processes(server.ray_processes("gcs_server"))
    statuses = [_status(server)]
    deadline = time.monotonic() + 240
    while statuses[-1] == httpx.codes.OK or not set(statuses) - {httpx.codes.OK}:
        time.sleep(0.1)
        statuses.append(_status(server))
    while statuses[-1] != httpx.codes.OK:
        assert time.monotonic() < deadline, server.said
        time.sleep(0.2)
        statuses.append(_status(server))
    assert server.pid == pid
    assert set(statuses) - {None} == {httpx.codes.OK, httpx.codes.SERVICE_UNAVAILABLE}
    # The route answers a moment before the line is printed.
    wait_until(lambda: server.said.count("agent-memory is ready") == 2, timeout_s=30)
    wait_until(lambda: bool(talk.stats().get("pool_shelf_bytes")), timeout_s=30)


def _status(server: Server) -> int | None:
    """None when the proxy ended with the request in its hands. Raises when the connection is
    refused. A client that comes while the program takes its own place waits until it has."""
    try:
        return httpx.get(f"{server.url}/health/ready", timeout=60).status_code
    except (httpx.RemoteProtocolError, httpx.ReadError):
        return None


def _restart(server: Server, talk: Talk) -> None:
    server.kill_itself()
    server.start()
    wait_until(lambda: bool(talk.stats().get("pool_shelf_bytes")), timeout_s=30)


def test_running_streams_finish_when_the_server_is_asked_to_stop(mortal: Server) -> None:
    talk = Talk(mortal, "drained")
    whole = talk.ask([user("drain me")], max_tokens=60).text
    with talk.stream([user("drain me")], max_tokens=60) as texts:
        said = next(texts)
        assert mortal.terminate_later()
        said += "".join(texts)
    assert said == whole
    assert mortal.wait() == 0
    assert "Stopped" in mortal.said
    mortal.start()
    history = [user("drain me"), assistant(whole), user("again")]
    assert talk.ask(history).usage["cached"] > 0


@pytest.mark.parametrize("actor", ACTORS)
def test_a_turn_outlives_an_actor_that_dies_in_the_middle_of_it(mortal: Server, actor: str) -> None:
    question = [user(f"{QUESTION}, and of {actor}")]
    undisturbed = Talk(mortal, f"calm-{actor}").ask(question, max_tokens=600)
    talk = Talk(mortal, f"middle-{actor}")
    victims = mortal.processes_of(actor)
    with talk.stream(question, max_tokens=600) as texts:
        said = "".join(next(texts) for _ in range(5))
        mortal.kill_processes(victims)
        said += "".join(texts)
    assert said == undisturbed.text
    history = [*question, assistant(said), user("and then?")]
    after = talk.ask(history)
    calm = Talk(mortal, f"calm-{actor}").ask(history)
    assert after.text == calm.text


@pytest.mark.parametrize("actor", ACTORS)
def test_the_next_turn_works_after_an_actor_died_between_turns(mortal: Server, actor: str) -> None:
    talk = Talk(mortal, f"between-{actor}")
    question = user(f"remember {actor}")
    first = talk.ask([question])
    mortal.kill_actor(actor)
    second = talk.ask([question, assistant(first.text), user("still there?")])
    assert second.usage["cached"] == first.usage["prompt"] + first.usage["completion"] - 1
    transcript = talk.get(f"/v1/agents/between-{actor}/transcript").json()
    assert len(transcript["messages"]) == 4


def test_postgresql_comes_back_when_it_dies(mortal: Server) -> None:
    talk = Talk(mortal, "database")
    first = talk.ask([user("write this down")])
    mortal.kill_postgres()
    deadline = time.monotonic() + 60
    history = [user("write this down"), assistant(first.text), user("have you?")]
    while (response := talk.post(history)).status_code != httpx.codes.OK:
        assert response.status_code == httpx.codes.SERVICE_UNAVAILABLE, response.text
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert response.json()["usage"]["prompt_tokens_details"]["cached_tokens"] > 0


def test_the_port_answers_while_its_holder_is_dead(mortal: Server) -> None:
    talk = Talk(mortal, "door")
    question = user("is there anybody?")
    first = talk.ask([question])
    mortal.kill_processes(mortal.proxies() or mortal.processes_of("ProxyActor"))
    time.sleep(1.5)
    history = [question, assistant(first.text), user("there you are")]
    deadline = time.monotonic() + 120
    while (response := talk.post(history)).status_code != httpx.codes.OK:
        assert response.status_code == httpx.codes.SERVICE_UNAVAILABLE, response.text
        assert response.json()["error"]["code"] == "unavailable"
        assert int(response.headers["retry-after"]) > 0
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert response.json()["usage"]["prompt_tokens_details"]["cached_tokens"] > 0


def test_what_a_client_that_went_away_had_computed_is_reused(mortal: Server) -> None:
    question = [user("a long preamble " * 100)]
    talk = Talk(mortal, "leaver")
    with talk.stream(question, max_tokens=400) as texts:
        next(texts)
    wait_until(lambda: talk.stats()["engine_running"] == 0, timeout_s=30)
    retried = talk.ask(question)
    assert retried.usage["cached"] > 0.9 * retried.usage["prompt"] - 256
