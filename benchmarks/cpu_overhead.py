"""How much CPU do a request and a streamed token cost above what the model itself needs?

User and system time of every process of the server, above what it uses while nothing is asked,
(a) over long streamed answers in one session, for each token, and (b) over turns of one token in a
session that goes on, for each request. No session begins or is woken meanwhile. The model is very
small, so that what is around it shows. The engine's process computes the model too: its part of
(a) is what it uses above a bare loop of mlx-lm over the same model; of (b) it is left out.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.harness.agent_memory_server import AgentMemoryServer, agent_memory_server
from benchmarks.harness.bare_loop import bare_cpu_per_token
from benchmarks.harness.chat import Answer, Message, ask, assistant, new_client, user
from benchmarks.harness.process_table import cpu_by_role
from benchmarks.harness.prompts import PromptMaker
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import workplace

AIM_MS = 0.15
ENGINE = "ray::BatchEngineActor"
PROMPT_TOKENS = 32
MAX_ATTEMPTS = 30
STREAMING, TALKING = "streaming", "talking"
"""Names of the two sessions."""
LOOK_S = 3.0
CALM_CORES = 0.35
"""An idle server takes less; one that makes a process ready for the next session takes more."""

Cost = Mapping[str, float]
"""By role of the process."""


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU in milliseconds."""

    idle_per_s: Cost
    per_token: Cost
    per_request: Cost
    bare_loop_per_token: float
    num_tokens: int
    num_events: int
    """A stream brings several tokens in one event when they come faster than they are sent."""
    num_requests: int
    tokens_per_s: float

    @property
    def around_engine_per_token(self) -> float:
        return _total(self.per_token)

    @property
    def engine_per_token(self) -> float:
        """Of the engine, above the model's own. Below zero where our loop is the cheaper one."""
        return self.per_token.get(ENGINE, 0.0) - self.bare_loop_per_token

    @property
    def per_token_in_all(self) -> float:
        """What our loop may save on the model makes nothing around it cheaper."""
        return self.around_engine_per_token + max(0.0, self.engine_per_token)


def main() -> None:
    arguments = _arguments()
    report = Report("cpu_overhead", __doc__, arguments)
    with ExitStack() as stack:
        place = stack.enter_context(workplace(arguments.shape))
        home = place.folder / "data"
        server = stack.enter_context(agent_memory_server(home, str(place.model)))
        server.start()
        measured = asyncio.run(_measure(report, server, place.model, arguments))
    _show(report, measured)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="llama", help="of the random-weight model")
    parser.add_argument("--tokens", type=int, default=1500, help="of one streamed answer")
    parser.add_argument("--answers", type=int, default=3, help="one after the other")
    parser.add_argument("--requests", type=int, default=50, help="turns of one token")
    parser.add_argument("--idle-s", type=float, default=10.0)
    return parser.parse_args()


async def _measure(
    report: Report, server: AgentMemoryServer, model: Path, arguments: argparse.Namespace
) -> Measured:
    async with new_client(server) as client:
        report.say("warming up")
        prompt = await _find_long_prompt(client, server, arguments.tokens)
        conversation = _Conversation(client, server)
        await conversation.go_on(3)
        await _settle(server)
        report.say("idle")
        spent, seconds = await _spent(server, lambda: asyncio.sleep(arguments.idle_s))
        idle = {role: cpu_s * 1000 / seconds for role, cpu_s in spent.items()}
        answers: list[Answer] = []

        async def stream() -> None:
            for _ in range(arguments.answers):
                answer = await ask(client, server, prompt, arguments.tokens, STREAMING)
                answers.append(answer)

        report.say("streaming")
        spent, seconds = await _spent(server, stream)
        num_tokens = sum(answer.num_tokens for answer in answers)
        per_token = _above_idle(spent, idle, seconds, num_tokens)
        tokens_per_s = num_tokens / seconds
        report.say("short turns")
        spent, seconds = await _spent(server, lambda: conversation.go_on(arguments.requests))
        per_request = _above_idle(spent, idle, seconds, arguments.requests)
    report.say("the bare loop")
    bare_s = bare_cpu_per_token(model, answers[0].num_prompt, arguments.tokens)
    return Measured(
        idle_per_s=idle,
        per_token=per_token,
        per_request=per_request,
        bare_loop_per_token=bare_s * 1000,
        num_tokens=num_tokens,
        num_events=sum(len(answer.arrived_at) for answer in answers),
        num_requests=arguments.requests,
        tokens_per_s=tokens_per_s,
    )


class _Conversation:
    """Turns of one token, each with the whole history, as clients send it."""

    def __init__(self, client: httpx.AsyncClient, server: AgentMemoryServer) -> None:
        self._client = client
        self._server = server
        self._history: list[Message] = []

    async def go_on(self, num_turns: int) -> None:
        for _ in range(num_turns):
            self._history.append(user("and then"))
            answer = await ask(self._client, self._server, self._history, 1, TALKING)
            self._history.append(assistant(answer.text))


async def _find_long_prompt(
    client: httpx.AsyncClient, server: AgentMemoryServer, num_tokens: int
) -> list[Message]:
    """A prompt whose answer does not end by itself: a random model may say its last token any
    time, and says the same each time."""
    prompts = PromptMaker(0)
    for _ in range(MAX_ATTEMPTS):
        messages = [user(prompts.text(PROMPT_TOKENS))]
        answer = await ask(client, server, messages, num_tokens, STREAMING)
        if answer.num_tokens == num_tokens and len(answer.arrived_at) > num_tokens / 2:
            return messages
    raise RuntimeError("every answer ends early: ask for fewer --tokens")


async def _settle(server: AgentMemoryServer) -> None:
    """Until nothing has begun or ended for a while, and no process is still starting."""
    spent, seconds = {"": LOOK_S}, LOOK_S
    before: set[int] = set()
    while sum(spent.values()) > CALM_CORES * seconds or before != set(server.family()):
        before = set(server.family())
        spent, seconds = await _spent(server, lambda: asyncio.sleep(LOOK_S))


async def _spent(
    server: AgentMemoryServer, work: Callable[[], Awaitable[None]]
) -> tuple[dict[str, float], float]:
    """CPU seconds by role while `work` is done, and how long that took."""
    before, began_at = server.family(), time.perf_counter()
    await work()
    return cpu_by_role(before, server.family()), time.perf_counter() - began_at


def _above_idle(spent: Cost, idle_per_s: Cost, seconds: float, count: int) -> dict[str, float]:
    """Milliseconds for each of `count`."""
    return {
        role: (cpu_s * 1000 - idle_per_s.get(role, 0.0) * seconds) / count
        for role, cpu_s in spent.items()
    }


def _total(cost: Cost) -> float:
    """Of all processes but the engine's."""
    return sum(milliseconds for role, milliseconds in cost.items() if role != ENGINE)


def _show(report: Report, measured: Measured) -> None:
    roles = sorted(measured.per_token, key=lambda role: -measured.per_token[role])
    columns = (measured.per_token, measured.per_request, measured.idle_per_s)
    rows: list[list[object]] = [[role, *(cost.get(role) for cost in columns)] for role in roles]
    rows.append(["all but the engine", *map(_total, columns)])
    rows.append(["engine above the bare loop", measured.engine_per_token, None, None])
    rows.append(["above the model's own", measured.per_token_in_all, None, None])
    report.table(["CPU ms", "per token", "per request", "idle, per second"], rows)
    report.conclude(
        f"{measured.num_tokens} tokens in {measured.num_events} events, "
        f"{measured.tokens_per_s:.0f} tokens a second; the bare loop takes "
        f"{measured.bare_loop_per_token:.3f} ms a token. Aim: at most {AIM_MS} ms a token."
    )
    report.write(
        {
            "measured": measured,
            "around_engine_ms_per_token": measured.around_engine_per_token,
            "engine_ms_per_token": measured.engine_per_token,
            "ms_per_token": measured.per_token_in_all,
            "around_engine_ms_per_request": _total(measured.per_request),
        }
    )


if __name__ == "__main__":
    run(main)
