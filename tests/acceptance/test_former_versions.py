"""Sessions that former versions have exported go on under this one."""

from pathlib import Path

import pytest

from tests.acceptance.server import Server
from tests.acceptance.talk import Talk
from tests.acceptance.test_travel import arrive, take_turn, usage
from tests.former.make import FOLDER

VERSIONS = sorted(path for path in FOLDER.iterdir() if (path / "session.tar").exists())


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
def test_an_archive_of_a_former_version_arrives_and_its_tokens_are_not_computed_again(
    version: Path, server: Server
) -> None:
    name = f"of-{version.name}"
    arrival = arrive(server, (version / "session.tar").read_bytes(), name)
    assert arrival.status_code == 201, arrival.text
    kept = arrival.json()["num_cached_tokens"]
    assert kept > 0
    _, cached = usage(take_turn(server, name, "and then?"))
    assert cached == kept
    transcript = Talk(server).get(f"/v1/agents/{name}/transcript").json()["messages"]
    assert [message["role"] for message in transcript] == ["user", "assistant"] * 2
