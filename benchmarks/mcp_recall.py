"""How much longer does a recall take through MCP than through the plain route?

The same questions, in turn, through `POST /v1/recall`, through `POST /mcp`, and through the process
`agent-memory mcp` over its standard input and output; with a key, through HAProxy and Ray Serve.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client

from benchmarks.harness.agent_memory_server import AgentMemoryServer, agent_memory_server
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import scratch_folder

BATCH = 500
SUBJECTS = ("ledger", "invoice", "login", "search", "export", "mail", "cache", "queue", "report")
VERBS = ("uses", "fails without", "was moved to", "waits for", "is tested with", "was split from")
_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
_HEADERS = {
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": "recall",
}

Ask = Callable[[str], Awaitable[str]]


def main() -> None:
    arguments = _arguments()
    report = Report("mcp_recall", __doc__, arguments)
    with scratch_folder() as folder, agent_memory_server(folder / "data", "tiny") as server:
        server.start()
        times = asyncio.run(_measure(report, server, arguments))
    rows = {way: _percentiles(taken) for way, taken in times.items()}
    plain = rows["POST /v1/recall"]
    report.table(
        ["way", "p50 ms", "p95 ms", "p50 above the plain route"],
        [[way, *row, row[0] - plain[0]] for way, row in rows.items()],
    )
    report.write({"milliseconds": {way: sorted(taken) for way, taken in times.items()}})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1000, help="messages (default: 1,000)")
    parser.add_argument("--questions", type=int, default=200, help="of each way (default: 200)")
    parser.add_argument("--budget", type=int, default=1024, help="tokens (default: 1,024)")
    return parser.parse_args()


async def _measure(
    report: Report, server: AgentMemoryServer, arguments: argparse.Namespace
) -> dict[str, list[float]]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=server.url, headers=dict(server.headers), timeout=120, trust_env=False
            )
        )
        report.say(f"remembering {arguments.turns} messages")
        await _remember(http, arguments.turns)
        await _until_embedded(http)
        bridge = StdioServerParameters(
            command=sys.executable,
            args=["-m", "agent_memory.cli", "mcp", "--data-dir", str(server.home)],
        )
        stdio = await stack.enter_async_context(Client(stdio_client(bridge)))
        ways = _ways(http, stdio, arguments.budget)
        report.say("asking")
        times: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(-5, arguments.questions):
            for way, ask in ways.items():
                question = f"What does the {SUBJECTS[number % len(SUBJECTS)]} {number} wait for?"
                began_at = time.perf_counter()
                answer = await ask(question)
                taken = (time.perf_counter() - began_at) * 1000
                if "[1]" not in answer:
                    raise RuntimeError(f"nothing was recalled through {way}: {answer}")
                if number >= 0:
                    times[way].append(taken)
        return times


def _ways(http: httpx.AsyncClient, stdio: Client, budget: int) -> dict[str, Ask]:
    async def plain(question: str) -> str:
        body = {"purpose": question, "token_budget": budget}
        return (await http.post("/v1/recall", json=body)).raise_for_status().text

    async def over_http(question: str) -> str:
        arguments = {"purpose": question, "token_budget": budget}
        params = {"name": "recall", "arguments": arguments, "_meta": _META}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return (await http.post("/mcp", json=message, headers=_HEADERS)).raise_for_status().text

    async def over_stdio(question: str) -> str:
        called = await stdio.call_tool("recall", {"purpose": question, "token_budget": budget})
        return str(called.structured_content)

    return {"POST /v1/recall": plain, "POST /mcp": over_http, "agent-memory mcp": over_stdio}


async def _remember(http: httpx.AsyncClient, num_turns: int) -> None:
    for begin in range(0, num_turns, BATCH):
        chat = [
            {
                "role": "user" if number % 2 == 0 else "assistant",
                "content": f"The {SUBJECTS[number % len(SUBJECTS)]} {number} "
                f"{VERBS[number % len(VERBS)]} the {SUBJECTS[number * 7 % len(SUBJECTS)]}.",
            }
            for number in range(begin, min(begin + BATCH, num_turns))
        ]
        body = {"thread_id": "bench", "materials": {"chat": chat}}
        (await http.post("/v1/ingest", json=body)).raise_for_status()


async def _until_embedded(http: httpx.AsyncClient) -> None:
    """Vectors are made by a job, which would be measured as well."""
    while True:
        queue = (await http.get("/v1/workers/queues/stats")).json()["queues"]["embeddings"]
        if not queue["queued"] + queue["running"]:
            return
        await asyncio.sleep(1)


def _percentiles(taken: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(taken, n=20)
    return statistics.median(taken), cuts[-1]


if __name__ == "__main__":
    run(main)
