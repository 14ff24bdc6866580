"""How long does a server take from the command until it is ready?

The first start makes the database and the data directory; the second finds them. A stage lasts
from the line that announces it to the next line that `agent-memory serve` prints.
"""

import argparse
import re
import time
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.harness.agent_memory_server import AgentMemoryServer, agent_memory_server
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import scratch_folder

_STAGE = re.compile(r"^\[\s*([\d.]+) s\] (.+)$", re.MULTILINE)
_READY = re.compile(r"is ready \(([\d.]+) s\)")


@dataclass(frozen=True, slots=True)
class Start:
    """One start, in seconds from the command."""

    total_s: float
    stages_s: dict[str, float]


def main() -> None:
    arguments = _arguments()
    report = Report("startup_time", __doc__, arguments)
    starts: dict[str, list[Start]] = {"first start": [], "second start": []}
    for _ in range(arguments.rounds):
        with ExitStack() as stack:
            folder = stack.enter_context(scratch_folder())
            server = stack.enter_context(agent_memory_server(folder / "data", arguments.model))
            for kind, of_kind in starts.items():
                report.say(kind)
                of_kind.append(_measure(server))
                server.close()
    _show(report, {kind: min(of, key=lambda start: start.total_s) for kind, of in starts.items()})
    report.write({"starts": starts})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="tiny", help="as for `agent-memory serve`")
    parser.add_argument("--rounds", type=int, default=2, help="the fastest counts (default: 2)")
    return parser.parse_args()


def _measure(server: AgentMemoryServer) -> Start:
    began_at = time.perf_counter()
    server.start()
    return _read(server.said, time.perf_counter() - began_at)


def _read(said: str, total_s: float) -> Start:
    """Take the stages out of what the server said; what comes before its first line is Python's
    own start and the imports of the command line."""
    ready = _READY.search(said)
    if ready is None:
        raise RuntimeError(f"no time in what the server said:\n{said}")
    ready_at = float(ready.group(1))
    begins = [(float(at), text) for at, text in _STAGE.findall(said[: ready.start()])]
    ends = [at for at, _ in begins[1:]] + [ready_at]
    stages = {"Python and the command line": total_s - ready_at}
    stages |= {text: end - at for (at, text), end in zip(begins, ends, strict=True)}
    return Start(total_s, stages)


def _show(report: Report, fastest: dict[str, Start]) -> None:
    stages = list(dict.fromkeys(stage for start in fastest.values() for stage in start.stages_s))
    rows: list[list[object]] = [
        [stage, *(start.stages_s.get(stage) for start in fastest.values())] for stage in stages
    ]
    rows.append(["ready", *(start.total_s for start in fastest.values())])
    report.table(["seconds", *fastest], rows)


if __name__ == "__main__":
    run(main)
