"""How much does the gateway add to a request that another provider answers?

CPU of all processes for a whole answer and for a streamed one, above their use while idle; the time
that a request takes longer than at the provider itself, at a steady rate; requests a second of many
clients; and memory over many streams, a tenth of which the client cuts off. The provider is a stub
in a process of its own that costs next to nothing. On our side key, limits, a budget, the ledger
and metrics are on. litellm's proxy answers the same requests, in turn, where `--litellm` names a
Python that has it.
"""

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvloop

from benchmarks.harness.agent_memory_server import AgentMemoryServer, agent_memory_server
from benchmarks.harness.fast_upstream import FastUpstream
from benchmarks.harness.gateway_load import (
    Cost,
    Gateway,
    ask,
    cost_of,
    cut_some,
    megabytes_of,
    p99,
    requests_per_s,
    spent,
    times_at_rate,
)
from benchmarks.harness.litellm_proxy import VERSION, LiteLlmProxy
from benchmarks.harness.process_table import family
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import scratch_folder

AIM = {"unary": 1.5, "stream": 2.5, "p50": 1.5, "p99": 6.0, "rate": 20, "stub": 20}
"""Milliseconds, and times: requests a second of the peer's, CPU by the stub's."""
IDLE_S = 5.0
WARM_UP = 50
NUM_STUB = 3000
"""The stub takes so little that few requests do not show in the system's clock."""
NUM_LOOKS = 10
_PLENTY = 100_000_000


@dataclass(frozen=True, slots=True)
class Round:
    """Times in milliseconds; those added are differences of percentiles."""

    unary: Cost
    stream: Cost
    added_p50: float
    added_p99: float
    requests_per_s: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one gateway: medians of its rounds. megabytes: after each tenth of the cut requests."""

    unary_ms: float
    stream_ms: float
    added_p50_ms: float
    added_p99_ms: float
    requests_per_s: float
    megabytes: Sequence[float]
    rounds: Sequence[Round]


def main() -> None:
    arguments = _arguments()
    report = Report("gateway_overhead", __doc__, arguments)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        upstream = stack.enter_context(_upstream(folder, arguments))
        gateways = list(_gateways(stack, folder, upstream, arguments))
        stub = Gateway("the provider itself", upstream.port, {}, "large", dict)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            stub_ms = runner.run(_stub_ms(stub, upstream.pid))
            rounds: dict[str, list[Round]] = {gateway.name: [] for gateway in gateways}
            for number, gateway in itertools.product(range(arguments.rounds), gateways):
                report.say(f"round {number + 1}: {gateway.name}")
                rounds[gateway.name].append(runner.run(_round(gateway, stub, arguments)))
            figures = {}
            for gateway in gateways:
                report.say(f"{arguments.soak} streams, a tenth of them cut: {gateway.name}")
                megabytes = runner.run(_memory(gateway, arguments.soak))
                figures[gateway.name] = _figures(rounds[gateway.name], megabytes)
    _show(report, figures, stub_ms)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--litellm", metavar="PYTHON", help=f"with litellm[proxy]=={VERSION} and prometheus-client"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of each, in turn (default: 3)")
    parser.add_argument("--requests", type=int, default=300, help="for CPU (default: 300)")
    parser.add_argument("--chunks", type=int, default=50, help="of a stream (default: 50)")
    parser.add_argument("--gap-ms", type=float, default=0.0, help="between chunks (default: none)")
    parser.add_argument("--rate", type=float, default=20.0, help="a second (default: 20)")
    parser.add_argument("--rate-s", type=float, default=15.0, help="for so long (default: 15)")
    parser.add_argument("--clients", type=int, default=32, help="at the same time (default: 32)")
    parser.add_argument("--clients-s", type=float, default=10.0, help="for so long (default: 10)")
    parser.add_argument(
        "--soak", type=int, default=2000, help="streams while memory is watched (default: 2,000)"
    )
    return parser.parse_args()


@contextmanager
def _upstream(folder: Path, arguments: argparse.Namespace) -> Iterator[FastUpstream]:
    upstream = FastUpstream(folder / "upstream.out", arguments.chunks, arguments.gap_ms)
    try:
        yield upstream
    finally:
        upstream.close()


def _gateways(
    stack: ExitStack, folder: Path, upstream: FastUpstream, arguments: argparse.Namespace
) -> Iterator[Gateway]:
    """All run the whole time, and one at a time is asked."""
    ours = stack.enter_context(agent_memory_server(folder / "data", "tiny"))
    ours.start()
    _set_up(ours, upstream.url)
    yield Gateway(ours.name, ours.port, ours.headers, "stub/large", ours.family)
    if arguments.litellm is not None:
        peer = LiteLlmProxy(folder, arguments.litellm, upstream.url)
        stack.callback(peer.close)
        peer.start()
        yield Gateway(peer.name, peer.port, peer.headers, peer.model_id, peer.family)


def _set_up(server: AgentMemoryServer, upstream_url: str) -> None:
    """A provider with a price, and limits and a budget that every request takes from."""
    provider = {"name": "stub", "dialect": "openai", "url": upstream_url, "allow_private": True}
    price = {"provider": "stub", "model": "*", "input": "3", "output": "15"}
    requests = {"subject": "key", "metric": "requests", "amount": _PLENTY}
    tokens = {"subject": "workspace", "metric": "output_tokens", "amount": _PLENTY}
    budget = {"subject": "workspace", "unit": "usd", "amount": "1000000", "period": "month"}
    with httpx.Client(
        base_url=f"{server.url}/v1/admin", headers=server.headers, timeout=60, trust_env=False
    ) as client:
        client.post("/providers", json={**provider, "keys": ["sk-upstream"]}).raise_for_status()
        client.post("/prices", json=price).raise_for_status()
        for limit in (requests, tokens):
            client.post("/limits", json=limit).raise_for_status()
        client.post("/budgets", json=budget).raise_for_status()
    time.sleep(2.5)  # What is set holds within two seconds.


async def _round(gateway: Gateway, stub: Gateway, arguments: argparse.Namespace) -> Round:
    for is_streamed in (False, True):
        await ask(gateway, WARM_UP, is_streamed=is_streamed)
    idle, seconds = await spent(gateway, lambda: asyncio.sleep(IDLE_S))
    idle_per_s = {role: cpu_s / seconds for role, cpu_s in idle.items()}
    unary = await cost_of(gateway, arguments.requests, idle_per_s, is_streamed=False)
    stream = await cost_of(gateway, arguments.requests, idle_per_s, is_streamed=True)
    num_asked = round(arguments.rate * arguments.rate_s)
    straight = await times_at_rate(stub, arguments.rate, num_asked)
    through = await times_at_rate(gateway, arguments.rate, num_asked)
    return Round(
        unary,
        stream,
        statistics.median(through) - statistics.median(straight),
        p99(through) - p99(straight),
        await requests_per_s(gateway, arguments.clients, arguments.clients_s),
    )


async def _stub_ms(stub: Gateway, pid: int) -> float:
    """CPU milliseconds that the provider itself takes for a whole answer."""
    await ask(stub, WARM_UP, is_streamed=False)
    before = family(pid, ())[pid].cpu_s
    await ask(stub, NUM_STUB, is_streamed=False)
    return (family(pid, ())[pid].cpu_s - before) * 1000 / NUM_STUB


async def _memory(gateway: Gateway, num_requests: int) -> list[float]:
    megabytes = []
    for _ in range(NUM_LOOKS if num_requests else 0):
        await cut_some(gateway, max(1, num_requests // NUM_LOOKS))
        megabytes.append(megabytes_of(gateway))
    return megabytes


def _figures(rounds: Sequence[Round], megabytes: Sequence[float]) -> Figures:
    def median(of: Callable[[Round], float]) -> float:
        return statistics.median(map(of, rounds))

    return Figures(
        median(lambda one: one.unary.total),
        median(lambda one: one.stream.total),
        median(lambda one: one.added_p50),
        median(lambda one: one.added_p99),
        median(lambda one: one.requests_per_s),
        megabytes,
        rounds,
    )


def _show(report: Report, figures: dict[str, Figures], stub_ms: float) -> None:
    names = list(figures)
    measures: list[tuple[str, Callable[[Figures], float], object]] = [
        ("unary, CPU ms", lambda one: one.unary_ms, AIM["unary"]),
        ("stream, CPU ms", lambda one: one.stream_ms, AIM["stream"]),
        ("added at p50, ms", lambda one: one.added_p50_ms, AIM["p50"]),
        ("added at p99, ms", lambda one: one.added_p99_ms, AIM["p99"]),
    ]
    rows: list[list[object]] = []
    for title, of, aim in measures:
        values = [of(figures[name]) for name in names]
        rows.append([title, *values, _ratio(values), aim])
    rates = [one.requests_per_s for one in figures.values()]
    times = _ratio(rates[::-1]) if len(rates) > 1 else None
    rows.append(["requests a second", *rates, times, f"{AIM['rate']} times"])
    for at, when in ((0, "at first"), (-1, "in the end")):
        looks = [one.megabytes[at] if one.megabytes else None for one in figures.values()]
        rows.append([f"MB {when}", *looks, None, "flat" if at else None])
    report.table(["median of the rounds", *names, "times better", "aim"], rows)
    _show_roles(report, figures)
    cheapest = min(one.unary_ms for one in figures.values())
    report.conclude(
        f"The provider itself takes {stub_ms:.3f} ms of CPU for a whole answer, "
        f"{cheapest / stub_ms:.0f} times less than the cheapest gateway (at least {AIM['stub']})."
    )
    report.write({"gateways": figures, "stub_ms": stub_ms})


def _ratio(values: Sequence[float]) -> float | None:
    """What the peer takes, by what we take."""
    return values[1] / values[0] if len(values) > 1 and values[0] > 0 else None


def _show_roles(report: Report, figures: dict[str, Figures]) -> None:
    """Where the CPU of ours goes, in the last round."""
    last = figures["agent-memory"].rounds[-1]
    roles = sorted(last.unary.by_role, key=lambda role: -last.unary.by_role[role])
    rows = [
        [role, last.unary.by_role[role], last.stream.by_role.get(role)]
        for role in roles
        if last.unary.by_role[role] >= 0.01 or last.stream.by_role.get(role, 0.0) >= 0.01
    ]
    report.table(["CPU ms of ours", "unary", "stream"], rows)


if __name__ == "__main__":
    run(main)
