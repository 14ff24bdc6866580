"""The outcome of a benchmark: a table on the terminal and a file of JSON."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.harness.machine import Circumstances, circumstances

_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
_RESULTS = Path(__file__).resolve().parents[1] / "results"

Figures = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Record:
    benchmark: str
    question: str
    measured_at: datetime
    circumstances: Circumstances
    load_average_after: tuple[float, float, float]
    arguments: dict[str, object]
    figures: Figures


class Report:
    """Opened before the measurement, so that it knows how busy the machine was without it."""

    def __init__(self, benchmark: str, doc: str | None, arguments: argparse.Namespace) -> None:
        self._name = benchmark
        self._question = (doc or "").splitlines()[0]
        self._arguments = vars(arguments)
        self._before = circumstances()
        self._began_at = datetime.now(UTC)
        self._console = Console()
        self._console.print(f"[bold]{self._question}[/bold]")
        load = ", ".join(f"{value:.1f}" for value in self._before.load_average)
        self._console.print(
            f"{self._before.cpu}, {self._before.num_cores} cores; load average {load}; "
            f"commit {self._before.commit[:12]}"
        )

    def say(self, text: str) -> None:
        """What is being done now."""
        self._console.print(text, style="dim", markup=False)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Show a table: the first column names, the others count."""
        table = Table(*columns[:1])
        for column in columns[1:]:
            table.add_column(column, justify="right")
        for row in rows:
            table.add_row(*(_shown(value) for value in row))
        self._console.print(table)

    def conclude(self, text: str) -> None:
        """The answer to the question."""
        self._console.print(text, markup=False)

    def write(self, figures: Figures) -> Path:
        """Write `benchmarks/results/<name>-<date>.json`."""
        record = _Record(
            benchmark=self._name,
            question=self._question,
            measured_at=self._began_at,
            circumstances=self._before,
            load_average_after=os.getloadavg(),
            arguments=self._arguments,
            figures=figures,
        )
        _RESULTS.mkdir(exist_ok=True)
        path = _RESULTS / f"{self._name}-{self._began_at:%Y-%m-%dT%H%M%SZ}.json"
        path.write_bytes(orjson.dumps(record, option=_OPTIONS) + b"\n")
        self._console.print(f"Written to {path}", markup=False, soft_wrap=True)
        return path


def _shown(value: object) -> str:
    match value:
        case None:
            return "-"
        case float():
            return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
        case _:
            return str(value)
