"""How long does a step take whose rows are of unequal length, and how much memory do they hold?

Eight rows, of 1,024 tokens and seven times 32, decode together: through our layers, in
which every row holds and attends to its own tokens, and through mlx-lm's `BatchKVCache`, which pads
all rows to the longest. The same weights, each in a process of its own, by turns. Of every way the
best round counts, in CPU time of all threads and on the wall; bytes of keys and values are compared
with those of the rows' tokens and no more.
"""

import argparse
from collections.abc import Sequence

from benchmarks.harness.ragged_rows import Decoded, Way, decode_ragged
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import workplace

AIM_SPEED = 1.5
AIM_BYTES = 1.1
WAYS: tuple[Way, ...] = ("ours", "padded")


def main() -> None:
    arguments = _arguments()
    report = Report("ragged_decode", __doc__, arguments)
    rounds: dict[Way, list[Decoded]] = {way: [] for way in WAYS}
    with workplace(arguments.shape) as place:
        for number in range(arguments.rounds):
            for way in WAYS if number % 2 == 0 else reversed(WAYS):
                report.say(f"round {number + 1}: {way}")
                decoded = decode_ragged(place.model, way, arguments.steps, arguments.lengths)
                rounds[way].append(decoded)
    _conclude(report, rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="smollm2-135m", help="of the random-weight model")
    parser.add_argument("--lengths", type=int, nargs="+", default=[1024] + [32] * 7)
    parser.add_argument("--steps", type=int, default=16, help="of one round")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def _conclude(report: Report, rounds: dict[Way, list[Decoded]]) -> None:
    cpu = {way: min(each.cpu_s for each in of_way) for way, of_way in rounds.items()}
    wall = {way: min(each.wall_s for each in of_way) for way, of_way in rounds.items()}
    surplus = {way: _surplus(of_way) for way, of_way in rounds.items()}
    report.table(
        ["rows", "step CPU ms", "step ms", "KV bytes ÷ needed"],
        [[way, cpu[way] * 1000, wall[way] * 1000, surplus[way]] for way in WAYS],
    )
    cpu_ratio, wall_ratio = cpu["padded"] / cpu["ours"], wall["padded"] / wall["ours"]
    report.conclude(
        f"Padded ÷ ours: {cpu_ratio:.2f} of CPU time, {wall_ratio:.2f} on the wall; aim: at least "
        f"{AIM_SPEED}. KV bytes: aim at most {AIM_BYTES} times what the tokens need."
    )
    report.write(
        {
            "rounds": rounds,
            "cpu_ratio": cpu_ratio,
            "wall_ratio": wall_ratio,
            "kv_bytes_to_needed": surplus,
        }
    )


def _surplus(of_way: Sequence[Decoded]) -> float:
    return of_way[0].kv_bytes / of_way[0].needed_bytes


if __name__ == "__main__":
    run(main)
