"""Does a stream stutter while somebody else's long prompt is computed, and what does that one lose?

A row decodes while prompts of 600 tokens come, one after the other: in our engine and in mlx-lm's
`BatchGenerator`, which is the loop of its server, each in a process of its own. Taken: the gaps
between the row's tokens while a prompt prefills, against the median gap while nothing else happens;
and what a prompt costs until its first token, against the same length with the device to itself. In
CPU time of all threads, which others hardly lengthen, and on the wall. Of the CPU time
beside the stream, the stream's own steps are taken off: what is left more is lost by cutting the
prompt into pieces. On the wall the prompt also waits for the stream's steps.
"""

import argparse
from collections.abc import Callable, Sequence
from statistics import median, quantiles

from benchmarks.harness.foreign_prefill import Measured, Moment, Way, stream_beside_prompts
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import workplace

AIM_GAP = 3.0
AIM_LOSS = 0.1
WAYS: tuple[Way, ...] = ("ours", "mlx_lm")


def main() -> None:
    arguments = _arguments()
    report = Report("gap_during_prefill", __doc__, arguments)
    measured: dict[Way, Measured] = {}
    with workplace(arguments.shape) as place:
        for way in WAYS:
            report.say(way)
            measured[way] = stream_beside_prompts(
                place.model, way, arguments.prompt_tokens, arguments.prompts
            )
    _conclude(report, measured)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="smollm2-135m", help="of the random-weight model")
    parser.add_argument("--prompt-tokens", type=int, default=600)
    parser.add_argument("--prompts", type=int, default=4, help="alone, and beside the stream")
    return parser.parse_args()


def _cpu(moments: Sequence[Moment]) -> list[float]:
    return [moment.cpu_s for moment in moments]


def _wall(moments: Sequence[Moment]) -> list[float]:
    return [moment.wall_s for moment in moments]


def _gap_ratio(measured: Measured, clock: Callable[[Sequence[Moment]], list[float]]) -> float:
    """p99 of the gaps during a foreign prefill ÷ the quiet median."""
    return quantiles(clock(measured.gaps), n=100, method="inclusive")[98] / median(
        clock(measured.quiet)
    )


def _loss(measured: Measured) -> float:
    """The share of CPU time that a prompt takes more than alone, the stream's steps taken off."""
    num_steps = len(measured.gaps) / len(measured.beside)
    of_stream = num_steps * median(_cpu(measured.quiet))
    return (median(_cpu(measured.beside)) - of_stream) / median(_cpu(measured.alone)) - 1


def _slower(measured: Measured) -> float:
    """How many times as long a prompt takes on the wall."""
    return median(_wall(measured.beside)) / median(_wall(measured.alone))


def _conclude(report: Report, measured: dict[Way, Measured]) -> None:
    cpu = {way: _gap_ratio(each, _cpu) for way, each in measured.items()}
    wall = {way: _gap_ratio(each, _wall) for way, each in measured.items()}
    losses = {way: _loss(each) for way, each in measured.items()}
    slower = {way: _slower(each) for way, each in measured.items()}
    report.table(
        ["", "quiet gap CPU ms", "p99 ÷ quiet, CPU", "on the wall", "prompt alone CPU s",
         "loss, CPU", "beside ÷ alone, wall", "gaps"],
        [
            [way, median(_cpu(each.quiet)) * 1000, cpu[way], wall[way], median(_cpu(each.alone)),
             losses[way], slower[way], len(each.gaps)]
            for way, each in measured.items()
        ],
    )  # fmt: skip
    report.conclude(f"Aims: p99 ÷ quiet at most {AIM_GAP}, a loss of at most {AIM_LOSS:.0%}.")
    report.write(
        {
            "measured": measured,
            "gap_ratio_cpu": cpu,
            "gap_ratio_wall": wall,
            "loss_cpu": losses,
            "slower_wall": slower,
        }
    )


if __name__ == "__main__":
    run(main)
