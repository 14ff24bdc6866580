"""`agent-memory logs`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent_memory.cli.logs import Tail
from agent_memory.cli.main import app


@pytest.fixture
def home(tmp_path: Path) -> Path:
    written: dict[str, list[tuple[str, str, str | None, str]]] = {
        "gateway": [("00:00:01", "info", "r1", "asked"), ("00:00:04", "info", "r2", "asked")],
        "engine": [("00:00:02", "warning", "r1", "slow"), ("00:00:03", "debug", None, "step")],
    }
    (tmp_path / "logs").mkdir()
    for part, lines in written.items():
        with (tmp_path / "logs" / f"{part}.log").open("w") as file:
            for at, level, request, message in lines:
                entry = {"time": f"2026-01-01T{at}.000+00:00", "level": level, "actor": part}
                more = {"message": message, "request_id": request, "route": "/x"}
                file.write(json.dumps({**entry, **more}) + "\n")
    return tmp_path


def shown(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["logs", "--data-dir", str(home), *arguments])


def messages(outcome: Result) -> list[str]:
    return [line.split()[3] for line in outcome.stdout.splitlines()]


def test_all_parts_are_shown_in_the_order_of_time(home: Path) -> None:
    outcome = shown(home)
    assert outcome.exit_code == 0
    assert messages(outcome) == ["asked", "slow", "asked"]
    assert "route=/x" in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["gateway"], ["asked", "asked"]),
        (["--request", "r1"], ["asked", "slow"]),
        (["--level", "warning"], ["slow"]),
        (["--level", "debug"], ["asked", "slow", "step", "asked"]),
        (["-n", "1"], ["asked"]),
    ],
)
def test_less_may_be_shown(home: Path, arguments: list[str], expected: list[str]) -> None:
    assert messages(shown(home, *arguments)) == expected


def test_lines_can_be_had_as_they_are(home: Path) -> None:
    lines = shown(home, "--json", "engine").stdout.splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["slow"]


def test_a_part_that_is_not_there_is_named(home: Path) -> None:
    assert shown(home, "nobody").exit_code != 0


def test_what_is_added_is_read_once_and_a_new_file_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text('{"time": "1"}\n{"time": "2"')
    tail = Tail(path)
    assert [entry["time"] for entry in tail.entries()] == ["1"]
    path.write_text('{"time": "1"}\n{"time": "2"}\n')
    assert [entry["time"] for entry in tail.entries()] == ["2"]
    path.write_text('{"time": "3"}\n')
    assert [entry["time"] for entry in tail.entries()] == ["3"]
