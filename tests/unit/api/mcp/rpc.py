"""Messages of the protocol, written out as clients send them."""

from typing import Any

import httpx

MODERN = "2026-07-28"
OK = 200


def message(method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return {
        "jsonrpc": "2.0",
        "id": 1,
        "method": method,
        "params": {**(params or {}), "_meta": meta},
    }


def headers(method: str, name: str | None = None) -> dict[str, str]:
    return {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": method,
        **({"Mcp-Name": name} if name else {}),
    }


async def ask(client: httpx.AsyncClient, method: str) -> dict[str, Any]:
    """The result of a method without parameters."""
    answer = await client.post("/mcp", json=message(method), headers=headers(method))
    assert answer.status_code == OK, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


async def call(client: httpx.AsyncClient, tool: str, **arguments: Any) -> dict[str, Any]:
    """The result of a tool."""
    params = {"name": tool, "arguments": arguments}
    answer = await client.post(
        "/mcp", json=message("tools/call", params), headers=headers("tools/call", tool)
    )
    assert answer.status_code == OK, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result
