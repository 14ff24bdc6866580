"""How many tokens of an agent's traffic are not computed again?

One agent works for tens of turns, with tools and a long preamble, and answers are short beside what
is read; now and then it sends a sub-agent, which takes the history so far and goes its own way for
a few turns. No request names a session, and clients behave as real ones do: the first line of the
system prompt changes at every request (Claude Code's billing header); tool calls come back with
other spacing and their keys in another order; what the model thought is left out. `mlx_lm.server`
is asked the same in the same run, and with `--clean` the client does none of that.

The bundled model answers for both, as it likes, or calls a tool where it must; what counts is the
usage that each server reports.
"""

import argparse
import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.harness.agent_memory_server import agent_memory_server
from benchmarks.harness.bundled_model import float32_model
from benchmarks.harness.chat import new_client
from benchmarks.harness.mlx_lm_server import MlxLmServer
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.subject import Subject
from benchmarks.harness.workplace import scratch_folder

AIM = 0.96
MAX_TOKENS = 24
WORDS = ("file", "report", "number", "user", "order", "time", "name", "note", "page", "list")
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"{verb} a file.",
            "parameters": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "limit": {"type": "integer"}},
                "required": ["path", "limit"],
            },
        },
    }
    for name, verb in (("read_file", "Read"), ("list_files", "List"), ("delete_file", "Delete"))
]

Message = dict[str, Any]


@dataclass(slots=True)
class Traffic:
    """What one server was asked, and what it says it reused."""

    num_turns: int = 0
    num_prompt: int = 0
    num_cached: int = 0
    num_generated: int = 0
    misses: Counter[str] = field(default_factory=Counter)

    @property
    def reused(self) -> float:
        return self.num_cached / self.num_prompt


class Client:
    """An agent's program: it keeps the history and sends all of it at every turn."""

    def __init__(
        self, http: httpx.AsyncClient, subject: Subject, arguments: argparse.Namespace
    ) -> None:
        self._http = http
        self._subject = subject
        self._is_clean = bool(arguments.clean)
        self._dice = random.Random(arguments.seed)  # noqa: S311  it only has to look like text
        self._preamble = self.text(arguments.preamble_words)
        self.traffic = Traffic()

    def text(self, num_words: int) -> str:
        return " ".join(f"{self._dice.choice(WORDS)} {n}" for n in range(num_words // 2))

    async def take_turn(self, history: list[Message], *, must_call: bool) -> None:
        """One turn; the answer is added to the history as the client will send it back."""
        body = {
            "model": self._subject.model_id,
            "messages": [self._system(), *history],
            "tools": TOOLS,
            "tool_choice": "required" if must_call else "auto",
            "max_tokens": MAX_TOKENS,
            "temperature": 0,
        }
        response = await self._http.post("/v1/chat/completions", json=body)
        if not response.is_success:
            raise RuntimeError(f"{self._subject.name} answered {response.status_code}")
        answer = response.json()
        self._count(answer["usage"])
        history.append(self._spelled(answer["choices"][0]["message"]))
        history += self._results(history[-1])

    def _system(self) -> Message:
        changing = f"{self._dice.getrandbits(20):05x}"
        header = f"x-anthropic-billing-header: cc_version=2.1.7; cch={changing};\n"
        return {
            "role": "system",
            "content": self._preamble if self._is_clean else header + self._preamble,
        }

    def _spelled(self, message: Message) -> Message:
        calls = message.get("tool_calls") or []
        kept: Message = {"role": "assistant", "content": message.get("content") or ""}
        if calls:
            kept["tool_calls"] = [self._respelled(call) for call in calls]
        return kept

    def _respelled(self, call: Message) -> Message:
        function = call["function"]
        arguments = function["arguments"]
        if not self._is_clean:
            items = json.loads(arguments)
            arguments = json.dumps(dict(reversed(items.items())), indent=1)
        named = {"name": function["name"], "arguments": arguments}
        return {"id": call["id"], "type": "function", "function": named}

    def _results(self, message: Message) -> list[Message]:
        return [
            {"role": "tool", "tool_call_id": call["id"], "content": self.text(8)}
            for call in message.get("tool_calls", ())
        ]

    def _count(self, usage: dict[str, Any]) -> None:
        traffic = self.traffic
        details = usage.get("prompt_tokens_details") or {}
        traffic.num_turns += 1
        traffic.num_prompt += usage["prompt_tokens"]
        traffic.num_cached += details.get("cached_tokens") or 0
        traffic.num_generated += usage["completion_tokens"]
        if (reason := usage.get("miss_reason")) is not None:
            traffic.misses[_kind(reason)] += 1


async def work(client: Client, arguments: argparse.Namespace) -> None:
    """The agent's turns, and those of the sub-agents it sends."""
    history: list[Message] = []
    for number in range(arguments.turns):
        history.append({"role": "user", "content": client.text(arguments.message_words)})
        await client.take_turn(history, must_call=number % 2 == 0)
        if number % arguments.sub_agent_every == arguments.sub_agent_every - 1:
            branch = list(history)
            for _ in range(arguments.sub_agent_turns):
                branch.append({"role": "user", "content": client.text(arguments.message_words)})
                await client.take_turn(branch, must_call=True)


def main() -> None:
    arguments = _arguments()
    report = Report("agent_replay", __doc__, arguments)
    traffics: dict[str, Traffic] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        ours = stack.enter_context(agent_memory_server(folder / "data", "tiny"))
        theirs = stack.enter_context(
            closing(MlxLmServer(folder / "mlx_lm.out", float32_model(folder)))
        )
        subjects: Sequence[Subject] = (ours,) if arguments.alone else (ours, theirs)
        for subject in subjects:
            report.say(subject.name)
            subject.start()
            traffics[subject.name] = asyncio.run(_measure(subject, arguments))
            subject.close()
    _show(report, traffics)


async def _measure(subject: Subject, arguments: argparse.Namespace) -> Traffic:
    async with new_client(subject) as http:
        client = Client(http, subject, arguments)
        await work(client, arguments)
        return client.traffic


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=40, help="of the agent")
    parser.add_argument("--preamble-words", type=int, default=2000)
    parser.add_argument("--message-words", type=int, default=40)
    parser.add_argument("--sub-agent-every", type=int, default=10, help="turns")
    parser.add_argument("--sub-agent-turns", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clean", action="store_true", help="a client that spells as it read")
    parser.add_argument("--alone", action="store_true", help="without the peer")
    return parser.parse_args()


def _kind(reason: str) -> str:
    """A miss reason without its figures and the words that it quotes."""
    kind = reason.partition(", '")[0]
    return "".join(character for character in kind if not character.isdigit()).strip()


def _show(report: Report, traffics: dict[str, Traffic]) -> None:
    all_traffic = list(traffics.values())
    report.table(
        ["", *traffics],
        [
            ["turns", *(t.num_turns for t in all_traffic)],
            ["prompt tokens", *(t.num_prompt for t in all_traffic)],
            ["generated tokens", *(t.num_generated for t in all_traffic)],
            ["tokens reused", *(t.num_cached for t in all_traffic)],
            ["share reused", *(t.reused for t in all_traffic)],
        ],
    )
    ours = all_traffic[0]
    report.conclude(f"{ours.reused:.1%} of the prompt's tokens were reused; the aim is {AIM:.0%}.")
    report.conclude(f"Why not more, by kind and turns: {dict(ours.misses)}")
    report.write({"traffic": traffics, "aim": AIM})


if __name__ == "__main__":
    run(main)
