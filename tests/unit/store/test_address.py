"""Addresses of databases that libpq would read in another way than they were meant."""

import pytest

from agent_memory.errors import StorageUnavailable
from agent_memory.store.address import check_address


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:p%40ss%2Fword@db:5432/agents",
        "postgresql://ann:secret@a:1,b:2/agents?target_session_attrs=read-write",
        "postgresql://agent_memory@/agent_memory?host=%2Ftmp%2Frun&port=5432",
        "host=db dbname=agents password='p@ss word'",
    ],
)
def test_an_address_that_libpq_reads_as_it_was_meant_is_taken(url: str) -> None:
    check_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:half@s3cret@db/agents",
        "postgresql://ann:half/s3cret@db/agents",
        "postgresql://ann:s3cret",
        "host=db password='s3cret",
        "host=db s3cret",
        "postgresql://db/agents?s3cret",
    ],
)
def test_what_is_refused_is_not_repeated(url: str) -> None:
    with pytest.raises(StorageUnavailable) as raised:
        check_address(url)
    assert "s3cret" not in str(raised.value)
    assert raised.value.__cause__ is None
