"""Ids, header rules, the access log."""

import logging

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from agent_memory.telemetry import request_id_var
from agent_memory.testing.runtime import ScriptedTurns, StaticCondition

CHAT = {"model": "m", "messages": [{"role": "user", "content": "a canary in the prompt"}]}


async def test_a_well_formed_request_id_is_kept(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    headers = {"X-Request-ID": "Req_1.2-3"}
    response = await client.post("/v1/chat/completions", json=CHAT, headers=headers)
    assert response.headers["x-request-id"] == "Req_1.2-3"
    assert turns.requests[0].request_id == "Req_1.2-3"
    assert request_id_var.get() is None


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "a\tb", 'a"'])
async def test_any_other_request_id_is_replaced(client: httpx.AsyncClient, sent: str) -> None:
    response = await client.get("/v1/models", headers={"X-Request-ID": sent})
    assert response.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("path", ["/v1/models", "/nothing", "/health/live"])
async def test_every_response_says_how_long_it_took(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.headers["x-response-time"].endswith("ms")
    assert float(response.headers["x-response-time"].removesuffix("ms")) >= 0
    assert response.headers["x-request-id"]


async def test_headers_beyond_the_limit_are_refused(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/models", headers={"X-Filler": "x" * 17_000})
    assert response.status_code == 431
    assert response.json()["error"]["code"] == "headers_too_large"
    assert "the limit is 16384" in response.json()["error"]["message"]


async def test_headers_that_proxies_obey_do_not_get_in(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    async def told(request: Request) -> list[str]:
        return sorted(request.headers)

    app.add_api_route("/told", told)
    sent = {
        "X-Request-Timeout-Seconds": "0.001",
        "X-Request-Disconnect-Disabled": "?1",
        "Serve_Multiplexed_Model_Id": "m",
        "X-Forwarded-For": "9.9.9.9",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=9.9.9.9",
        "X-Session-ID": "mine",
    }
    names = (await client.get("/told", headers=sent)).json()
    assert "x-session-id" in names
    assert not {name.lower() for name in sent if name != "X-Session-ID"} & set(names)


async def test_one_line_is_logged_per_request_without_its_content(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "agent_memory")
    body = {**CHAT, "session_id": "mine"}
    await client.post("/v1/chat/completions", json=body)
    [record] = [r for r in caplog.records if r.name == "agent_memory.api.access"]
    line = vars(record)
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/chat/completions", 200)
    assert (line["session_id"], line["key_id"], line["workspace_id"]) == (
        "mine",
        "key_test",
        "ws_test",
    )
    assert (line["prompt_tokens"], line["cached_tokens"], line["completion_tokens"]) == (21, 16, 7)
    assert line["duration_s"] >= 0
    assert not any("canary" in str(vars(r)) or "Paris" in str(vars(r)) for r in caplog.records)


async def test_an_error_of_the_health_check_is_rendered(
    client: httpx.AsyncClient, condition: StaticCondition, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: StaticCondition) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(StaticCondition, "health", broken)
    response = await client.get("/readyz")
    assert response.status_code == 500
    assert response.json()["code"] == "internal_error"


async def _echo(socket: WebSocket) -> None:
    """Says the request id and each text that it is told."""
    if socket.query_params.get("refuse"):
        await socket.close()
        return
    await socket.accept()
    await socket.send_text(f"{request_id_var.get()} {sorted(socket.headers)}")
    await socket.close()


def test_a_web_socket_passes_the_edge_as_a_request_does(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    app.add_api_websocket_route("/socket", _echo)
    caplog.set_level(logging.INFO, "agent_memory.api.access")
    headers = {"X-Request-ID": "req-7", "X-Forwarded-For": "9.9.9.9"}

    with TestClient(app).websocket_connect("/socket", headers=headers) as socket:
        told = socket.receive_text()
        assert (b"x-request-id", b"req-7") in list(socket.extra_headers or ())

    assert told.startswith("req-7 ")
    assert "x-forwarded-for" not in told
    [line] = [record for record in caplog.records if record.name == "agent_memory.api.access"]
    assert (line.__dict__["method"], line.__dict__["route"]) == ("WEBSOCKET", "/socket")
    assert line.__dict__["status"] == 101
    counted = app.state.surface.metrics.render()
    labels = 'method="WEBSOCKET",route="/socket",status="101"'
    assert f"agent_memory_http_requests_total{{{labels}}} 1.0" in counted


def test_a_refused_web_socket_is_logged_as_one(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    app.add_api_websocket_route("/socket", _echo)
    caplog.set_level(logging.INFO, "agent_memory.api.access")

    with (
        pytest.raises(WebSocketDisconnect),
        TestClient(app).websocket_connect("/socket?refuse=1"),
    ):
        pass

    [line] = [record for record in caplog.records if record.name == "agent_memory.api.access"]
    assert line.__dict__["status"] == 403


def test_a_web_sockets_headers_are_bounded(app: FastAPI) -> None:
    app.add_api_websocket_route("/socket", _echo)
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        TestClient(app).websocket_connect("/socket", headers={"X-Filler": "x" * 17_000}),
    ):
        pass
    assert refused.value.status_code == 431
