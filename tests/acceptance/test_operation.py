"""A server as its owner operates it: ports, keys, health, limits, sessions, the command line."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.server import Server
from tests.acceptance.talk import Talk, assistant, user


def listening(pid: int) -> set[tuple[str, int, str]]:
    """(address, port, program) of every TCP port that a process and its descendants listen on."""
    first = psutil.Process(pid)
    found = set()
    for process in (first, *first.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            for connection in process.net_connections(kind="tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    found.add((connection.laddr.ip, connection.laddr.port, process.name()))
    return found


def test_nothing_of_ours_listens_beyond_loopback(server: Server) -> None:
    mine = listening(server.pid)
    assert server.port in {port for _, port, _ in mine}
    assert {(ip, name) for ip, _, name in mine if not is_loopback(ip)} == set()


def is_loopback(ip: str) -> bool:
    """Also where it is written as an address of IPv6, as Ray's are."""
    address = ip_address(ip)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def test_health_needs_no_key_and_everything_else_does(server: Server) -> None:
    for path in ("/health/live", "/health/ready", "/health/startup", "/healthz", "/readyz"):
        assert httpx.get(server.url + path).status_code == httpx.codes.OK
    for path in ("/v1/models", "/v1/agents", "/metrics", "/openapi.json"):
        assert httpx.get(server.url + path).status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.parametrize("header", ["x-api-key", "Authorization"])
def test_either_header_carries_the_key_everywhere(server: Server, header: str) -> None:
    value = server.key if header == "x-api-key" else f"Bearer {server.key}"
    answer = httpx.get(f"{server.url}/v1/models", headers={header: value})
    assert answer.status_code == httpx.codes.OK


def test_a_revoked_key_is_refused_within_two_seconds(server: Server) -> None:
    made = server.json_command("keys", "create", "--name", "short-lived")
    assert isinstance(made, dict)
    assert set(made) >= {"id", "key", "workspace"}
    headers = {"x-api-key": made["key"]}
    assert httpx.get(f"{server.url}/v1/models", headers=headers).is_success
    assert server.command("keys", "revoke", made["id"]).returncode == 0
    time.sleep(2)
    answer = httpx.get(f"{server.url}/v1/models", headers=headers)
    assert answer.status_code == httpx.codes.UNAUTHORIZED


def test_a_request_id_comes_back_and_stands_in_the_logs_of_every_actor(server: Server) -> None:
    sent = httpx.post(
        f"{server.url}/v1/chat/completions",
        headers={"x-api-key": server.key, "x-request-id": "follow-me-1"},
        json={"model": "m", "max_tokens": 2, "messages": [user("hello")]},
        timeout=60,
    )
    assert sent.headers.get_list("x-request-id") == ["follow-me-1"]
    assert "x-response-time" in sent.headers
    waiting = {"gateway", "directory", "sessions", "pool", "engine"}
    deadline = time.monotonic() + 10
    while waiting:
        assert time.monotonic() < deadline, waiting
        logs = {name: (server.home / "logs" / f"{name}.log").read_text() for name in waiting}
        waiting = {name for name, text in logs.items() if "follow-me-1" not in text}
        time.sleep(0.1)


def test_what_is_too_large_is_refused_with_the_limit(server: Server) -> None:
    headers = {"x-api-key": server.key, "content-type": "application/json"}
    url = f"{server.url}/v1/messages"
    body = httpx.post(url, headers=headers, content=b" " * (33 * 1024 * 1024), timeout=60)
    assert body.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    head = httpx.post(url, headers={**headers, "x-filler": "f" * 20_000}, content=b"{}")
    assert head.status_code == 431
    deep = httpx.post(url, headers=headers, content=b'{"a":' * 5000 + b"1" + b"}" * 5000)
    assert deep.status_code == httpx.codes.BAD_REQUEST
    for answer in (body, head, deep):
        assert answer.json()["type"] == "error"
        assert any(character.isdigit() for character in answer.json()["error"]["message"])


def test_a_client_cannot_steer_ray_serve(server: Server) -> None:
    answer = httpx.post(
        f"{server.url}/v1/chat/completions",
        headers={"x-api-key": server.key, "x-request-timeout-seconds": "0.0001"},
        json={"model": "m", "max_tokens": 20, "messages": [user("take your time")]},
        timeout=60,
    )
    assert answer.status_code == httpx.codes.OK


def test_an_agent_is_made_takes_turns_and_is_deleted(server: Server) -> None:
    talk = Talk(server)
    made = talk.post_json("/v1/agents", {"session_id": "agent-1"})
    assert made.status_code == httpx.codes.CREATED
    assert talk.post_json("/v1/agents", {"session_id": "agent-1"}).status_code == 409
    turn = {"message": user("zebra quagga okapi"), "max_tokens": 8, "temperature": 0}
    first = talk.post_json("/v1/agents/agent-1/turns", turn)
    assert first.status_code == httpx.codes.OK, first.text
    second = talk.post_json("/v1/agents/agent-1/turns", {**turn, "message": user("more")})
    assert second.json()["usage"]["cached_tokens"] > 0
    transcript = talk.get("/v1/agents/agent-1/transcript").json()
    roles = [message["role"] for message in transcript["messages"]]
    assert roles == ["user", "assistant", "user", "assistant"]
    assert talk.delete("/v1/agents/agent-1").is_success
    assert talk.get("/v1/agents/agent-1").status_code == httpx.codes.NOT_FOUND
    fresh = talk.post_json("/v1/agents", {"session_id": "agent-1"})
    assert fresh.status_code == httpx.codes.CREATED
    again = talk.post_json("/v1/agents/agent-1/turns", turn)
    # What is left of the prefix is what every conversation of this workspace begins with.
    preamble = talk.post([user("another beast")], max_tokens=1).json()["usage"]
    shared = preamble["prompt_tokens_details"]["cached_tokens"]
    assert again.json()["usage"]["cached_tokens"] <= shared


def test_conversations_with_one_preamble_never_share_a_session(server: Server) -> None:
    talk = Talk(server)
    system = {"role": "system", "content": "a preamble for all"}
    sessions = {
        talk.post([system, user(f"conversation {n}")], max_tokens=4).headers["x-session-id"]
        for n in range(4)
    }
    assert len(sessions) == 4


def test_a_branch_of_a_conversation_becomes_a_session_of_its_own(server: Server) -> None:
    talk = Talk(server)
    first = talk.post([user("the trunk")], max_tokens=6)
    text = first.json()["choices"][0]["message"]["content"]
    history = [user("the trunk"), assistant(text)]
    left = talk.post([*history, user("left")], max_tokens=6)
    right = talk.post([*history, user("right")], max_tokens=6)
    assert left.headers["x-session-id"] == first.headers["x-session-id"]
    assert right.headers["x-session-id"] != first.headers["x-session-id"]
    assert right.json()["usage"]["prompt_tokens_details"]["cached_tokens"] > 0


def test_the_command_line_works_beside_a_running_server(server: Server) -> None:
    Talk(server, "from-the-cli").ask([user("hello cli")], max_tokens=4)
    status = server.json_command("status")
    assert isinstance(status, dict)
    assert status["ready"] is True
    assert status["url"] == server.url
    assert status["pid"] == server.pid
    shown = server.json_command("sessions", "show", "from-the-cli")
    assert "hello cli" in str(shown)
    assert server.command("sessions", "delete", "from-the-cli").returncode == 0
    assert server.command("sessions", "show", "from-the-cli").returncode != 0
    said = server.command("chat", "--message", "hello", "--session", "chatting")
    assert said.returncode == 0, said.stderr


def test_metrics_count_what_was_done(server: Server) -> None:
    Talk(server).ask([user("count this")], max_tokens=3)
    text = Talk(server).get("/metrics").text
    assert 'agent_memory_http_requests_total{method="POST",route="/v1/chat/completions"' in text
    found = {family.name: family for family in text_string_to_metric_families(text)}
    assert all(family.documentation for family in found.values())
    prefilled = found["agent_memory_prompt_tokens"].samples
    assert sum(sample.value for sample in prefilled if sample.name.endswith("_total")) > 0
    documented = set(re.findall(r"`(agent_memory_[a-z_]+?)(?:_total)?(?:\{|`)", _documentation()))
    assert len(documented) > 30
    assert documented <= found.keys()


def _documentation() -> str:
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    return text[text.index("\n## Metrics") : text.index("\n## Several machines")]


def test_a_second_server_runs_beside_the_first(server: Server, mortal: Server) -> None:
    question = [user("who is there? " * 20)]
    asked, again = (Talk(server).ask(question, max_tokens=4).usage for _ in range(2))
    elsewhere = Talk(mortal).ask(question, max_tokens=4).usage
    assert again["cached"] == asked["prompt"] - 1
    assert elsewhere["cached"] < asked["prompt"] / 2, "all but what any conversation begins with"
    in_use = server.command("serve", "--port", str(mortal.port))
    assert in_use.returncode == 2
    assert "data directory" in in_use.stderr + in_use.stdout


def test_a_model_that_is_not_there_is_said_before_anything_starts(
    data_dir: Callable[[], Path], tmp_path: Path
) -> None:
    home = data_dir()
    hopeless = Server(home, tmp_path / "nowhere")
    done = hopeless.command("serve", "--model", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "nowhere" in done.stderr + done.stdout
    assert not (home / "postgres").exists()
