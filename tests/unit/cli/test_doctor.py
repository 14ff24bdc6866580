"""`agent-memory doctor`."""

from collections.abc import Callable

import orjson
import pytest
from typer.testing import CliRunner, Result

from agent_memory.cli import doctor as doctor_module
from agent_memory.cli.finding import Finding, fail, ok, warn
from agent_memory.cli.main import app

Doctor = Callable[..., Result]


@pytest.fixture
def findings() -> list[Finding]:
    return [ok("python", "3.11"), warn("openblas", "not found", "apt-get install it")]


@pytest.fixture
def doctor(findings: list[Finding], monkeypatch: pytest.MonkeyPatch) -> Doctor:
    monkeypatch.setattr(doctor_module, "examine", lambda _settings: findings)
    return lambda *arguments: CliRunner().invoke(app, ["doctor", *arguments])


def test_a_warning_is_shown_with_its_remedy_and_is_no_failure(doctor: Doctor) -> None:
    outcome = doctor()

    assert outcome.exit_code == 0
    assert "warn openblas" in outcome.stdout
    assert "-> apt-get install it" in outcome.stdout


def test_a_failure_exits_with_1(doctor: Doctor, findings: list[Finding]) -> None:
    findings.append(fail("port", "in use", "choose another"))

    assert doctor().exit_code == 1


def test_as_json_every_check_has_outcome_detail_and_remedy(
    doctor: Doctor, findings: list[Finding]
) -> None:
    findings.append(fail("port", "in use", "choose another"))

    outcome = doctor("--json")
    report = orjson.loads(outcome.stdout)

    assert outcome.exit_code == 1
    assert report["ok"] is False
    assert report["checks"][2] == {
        "name": "port",
        "outcome": "fail",
        "detail": "in use",
        "remedy": "choose another",
    }
