"""Messages to `/mcp` of a server, and what it answers."""

from collections.abc import Mapping
from typing import Any

import httpx
import orjson
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import encode_header_value
from mcp_types import INTERNAL_ERROR

import agent_memory
from agent_memory.cli.sse import parse_events

PROTOCOL = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {
        "name": "agent-memory-stdio",
        "version": agent_memory.__version__,
    },
}
_WRONG_KEY = "The server refused the key: set AGENT_MEMORY_KEY to one that is valid."


def message(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """One request; each travels alone, so that all may have the same id."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": _META}}


def header(key: str, method: str, name: str) -> dict[str, str]:
    """The headers that have to say what the message says. name: of the tool or resource."""
    named = {"Mcp-Name": encode_header_value(name)} if name else {}
    return {
        "Authorization": f"Bearer {key}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": PROTOCOL,
        "Mcp-Method": method,
        **named,
    }


def answer_of(response: httpx.Response) -> dict[str, Any]:
    """An object with `result` or `error`, whatever came."""
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return {"error": {"message": _WRONG_KEY}}
    answer = _read(response)
    if "result" in answer:
        return answer
    error = answer.get("error")
    told = error if isinstance(error, dict) else {"message": answer.get("detail")}
    unsaid = f"The server answered {response.status_code}."
    return {"error": {**told, "message": told.get("message") or unsaid}}


def of_server(answer: Mapping[str, Any]) -> Any:
    """The result; `MCPError` with the server's own code and sentence where there is none."""
    if "result" in answer:
        return answer["result"]
    error = answer["error"]
    raise MCPError(int(error.get("code", INTERNAL_ERROR)), error["message"])


def _read(response: httpx.Response) -> dict[str, Any]:
    """A call that takes long is answered as a stream, whose last message is the answer."""
    text = response.text
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        text = [event.data for event in parse_events(text.splitlines())][-1]
    try:
        answer = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}
