import pytest

from agent_memory.errors import StorageUnavailable
from agent_memory.store.migrate import Migration, find_pending

ONE = Migration("0001_one", b"SELECT 1")
TWO = Migration("0002_two", b"SELECT 2")


def test_all_are_pending_in_a_new_database() -> None:
    assert find_pending([ONE, TWO], {}) == (ONE, TWO)


def test_only_what_was_not_applied_is_pending() -> None:
    assert find_pending([ONE, TWO], {ONE.name: ONE.checksum}) == (TWO,)


def test_a_changed_migration_is_refused() -> None:
    with pytest.raises(StorageUnavailable, match="not the one that was applied"):
        find_pending([ONE], {ONE.name: TWO.checksum})


def test_an_unknown_migration_means_a_newer_version() -> None:
    with pytest.raises(StorageUnavailable, match="newer version"):
        find_pending([ONE], {ONE.name: ONE.checksum, TWO.name: TWO.checksum})
