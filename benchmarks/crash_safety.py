"""Is anything lost or wrong after an engine is killed with -9 at random moments?

An engine takes turns in several sessions at once, on one shelf, until it is killed: while it
writes, restores and evicts. In a third of the rounds each: budgets are ample; they are tight, so
that blocks are evicted and files discarded all the time; or files are damaged in between and the
disk is full at times. Every turn that was acknowledged is compared with an engine that was never
interrupted and keeps nothing. Where nothing was evicted or damaged, the first turn of each session
after the kill shows how much of it had to be computed again.
"""

import argparse

from benchmarks.crash.engine_rounds import EngineRounds
from benchmarks.crash.protocol import BLOCK_SIZE
from benchmarks.crash.reference import Reference
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
    report = Report("crash_safety", __doc__, arguments)
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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="engines to kill (default: 200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shape", default="llama", help="llama, gemma3 or recurrent")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
