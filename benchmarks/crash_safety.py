"""Is anything lost or wrong after an engine is killed with -9 at random moments?

An engine takes turns in several sessions at once, on one shelf, until it is killed: while it
writes, restores and evicts. In a third of the rounds each: budgets are ample; they are tight, so
that blocks are evicted and files discarded all the time; or files are damaged in between and the
disk is full at times. Every turn that was acknowledged is compared with an engine that was never
interrupted and keeps nothing. Where nothing was evicted or damaged, the first turn of each session
after the kill shows how much of it had to be computed again.

With `--what runtime` it is a whole server, every process of it and PostgreSQL included, that takes
turns over HTTP until all of it is killed at once. Started again it must have every turn that was
acknowledged, and say what a server says that took the same turns and was never killed.
"""

import argparse
import os
import time
from contextlib import ExitStack
from statistics import median

from benchmarks.crash.engine_rounds import EngineRounds
from benchmarks.crash.protocol import BLOCK_SIZE
from benchmarks.crash.reference import Reference
from benchmarks.crash.runtime_rounds import RuntimeRounds
from benchmarks.harness.agent_memory_server import agent_memory_server
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import workplace

KINDS = {
    "ample budgets": (False, False),
    "tight budgets": (True, False),
    "damage and full disk": (False, True),
}


def main() -> None:
    arguments = _arguments()
    if arguments.what == "runtime":
        _kill_runtimes(Report("crash_safety_runtime", __doc__, arguments), arguments)
    else:
        _kill_engines(Report("crash_safety", __doc__, arguments), arguments)


def _kill_engines(report: Report, arguments: argparse.Namespace) -> None:
    with workplace(arguments.shape) as place:
        reference = Reference(place.model)
        series: dict[str, EngineRounds] = {}
        for number, kind in enumerate(KINDS):
            folder = place.folder / str(number)
            folder.mkdir()
            series[kind] = EngineRounds(folder, place.model, reference, arguments.seed + number)
        for number in range(arguments.rounds):
            kind = list(KINDS)[number % len(KINDS)]
            is_tight, may_damage = KINDS[kind]
            series[kind].run(is_tight=is_tight, may_damage=may_damage)
            if number % 10 == 9:
                report.say(f"{number + 1} rounds")
        reference.close()
    findings = {kind: rounds.findings for kind, rounds in series.items()}
    report.table(
        ["rounds", *KINDS],
        [
            ["engines killed", *(f.num_rounds for f in findings.values())],
            ["turns acknowledged", *(f.num_turns for f in findings.values())],
            ["sessions resumed after a kill", *(f.num_first_turns for f in findings.values())],
            ["turns with a wrong token", *(f.num_wrong for f in findings.values())],
            [
                "most blocks of a session computed again",
                findings["ample budgets"].most_recomputed / BLOCK_SIZE,
                None,
                None,
            ],
        ],
    )
    for kind, found in findings.items():
        for failure in found.failures:
            report.conclude(f"{kind}: {failure}")
    report.conclude(f"Damage done: {findings['damage and full disk'].damages}")
    report.write({"findings": findings, "block_size": BLOCK_SIZE})


def _kill_runtimes(report: Report, arguments: argparse.Namespace) -> None:
    os.environ["AGENT_MEMORY_BLOCK_SIZE"] = str(BLOCK_SIZE)
    with ExitStack() as stack:
        place = stack.enter_context(workplace(arguments.shape))
        mortal, reference = (
            stack.enter_context(agent_memory_server(place.folder / name, str(place.model)))
            for name in ("mortal", "reference")
        )
        rounds = RuntimeRounds(mortal, reference, arguments.seed)
        rounds.begin()
        ends_at = time.monotonic() + 60 * arguments.minutes
        for number in range(arguments.rounds):
            rounds.run()
            report.say(f"{number + 1} rounds, {rounds.findings.num_turns} turns")
            if time.monotonic() > ends_at:
                break
    found = rounds.findings
    report.table(
        ["rounds", "whole server"],
        [
            ["servers killed", found.num_rounds],
            ["processes killed", found.num_killed],
            ["turns acknowledged", found.num_turns],
            ["turns committed that the client did not hear of", found.num_unheard],
            ["turns refused", found.num_refused],
            ["sessions resumed after a kill", found.num_first_turns],
            ["acknowledged turns lost", found.num_lost],
            ["turns with a wrong token", found.num_wrong],
            ["most blocks of a session computed again", found.most_recomputed / BLOCK_SIZE],
            ["starts that had to be repeated", len(found.start_failures)],
            ["seconds to ready, median", median(found.ready_s)],
        ],
    )
    for failure in (*found.start_failures, *found.failures):
        report.conclude(failure)
    report.write({"findings": found, "block_size": BLOCK_SIZE})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", choices=("engine", "runtime"), default="engine")
    parser.add_argument("--rounds", type=int, default=200, help="kills (default: 200)")
    parser.add_argument(
        "--minutes", type=float, default=1e6, help="of runtimes: no more rounds then"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shape", default="llama", help="llama, gemma3 or recurrent")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
