"""`agent-memory status` and `doctor` beside a server that really listens."""

from pathlib import Path

import orjson

from agent_memory.cli.finding import Outcome
from agent_memory.cli.options import load_settings
from agent_memory.cli.server_checks import check_database, check_port
from agent_memory.host.presence import read_presence
from tests.integration.cli.conftest import Command


def test_a_server_is_found_by_its_data_directory(command: Command, server: str) -> None:
    outcome = command("status", "--json")

    assert outcome.exit_code == 0
    assert orjson.loads(outcome.stdout)["url"] == server


def test_a_port_that_somebody_listens_on_is_a_failure(server: str) -> None:
    settings = load_settings(port=int(server.rpartition(":")[2]))

    finding = check_port(settings, None)

    assert finding.outcome is Outcome.FAIL
    assert "--port" in (finding.remedy or "")


def test_a_database_that_answers_is_named_with_its_version(data_dir: Path, server: str) -> None:
    presence = read_presence(data_dir)
    assert presence is not None

    finding = check_database(presence.database_url)

    assert finding.outcome is Outcome.OK
    assert "PostgreSQL 18" in finding.detail
    assert "pgvector" in finding.detail


def test_the_embedded_database_is_there_without_a_setting() -> None:
    assert check_database(None).outcome is Outcome.OK


def test_a_database_that_does_not_answer_is_a_failure_without_its_password() -> None:
    finding = check_database("postgresql://ann:s3cret@127.0.0.1:1/agents")

    assert finding.outcome is Outcome.FAIL
    assert "s3cret" not in finding.detail
