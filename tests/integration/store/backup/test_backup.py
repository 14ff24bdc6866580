import tarfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from agent_memory.access.sealing import Sealing
from agent_memory.clock import utc_now
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.service.pen import Writer
from agent_memory.errors import Conflict, InvalidRequest, StorageUnavailable
from agent_memory.ids import ContextKey
from agent_memory.store.backup.archive import Archive
from agent_memory.store.backup.digests import digest_tables
from agent_memory.store.backup.making import BackupSecrets, make_backup
from agent_memory.store.backup.manifest import Manifest, TableDigest
from agent_memory.store.backup.of_folder import restore_folder
from agent_memory.store.backup.restoring import restore_database
from agent_memory.store.database import Database
from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.migrate import migrate, read_migrations
from agent_memory.store.stored_contexts import stored_contexts
from agent_memory.testing.postgres import fresh_database
from tests.integration.store.conftest import ALPHA

NOW = datetime(2026, 12, 1, tzinfo=UTC)
NO_SECRETS = BackupSecrets(bytes(32), None, ("the key",))


async def write(database: Database, key: str, text: str) -> None:
    contexts = stored_contexts(database, (), utc_now)
    draft = Draft(ContextKey(key), Document.of(Format.TEXT, text.encode()))
    await contexts.writer.put(Writer(ALPHA, "key_1"), draft)


async def read(url: str, key: str) -> bytes:
    database = Database(url, max_size=1)
    try:
        contexts = stored_contexts(database, (), utc_now)
        return (await contexts.reader.get(ALPHA, ContextKey(key))).document.body
    finally:
        await database.close()


def back_up(url: str, path: Path) -> Manifest:
    return make_backup(url, path, NO_SECRETS, "1.0", NOW)


def digests(url: str) -> dict[str, TableDigest]:
    with psycopg.connect(url) as connection:
        return dict(digest_tables(connection))


async def test_a_restored_database_has_the_same_rows_in_every_table(
    url: str, database: Database, place: Path, server: EmbeddedPostgres
) -> None:
    await write(database, "plan", "ship on Friday")
    manifest = back_up(url, place / "one")
    archive = Archive.verified(place / "one")

    with fresh_database(server.url) as empty:
        restore_database(archive, empty)
        after = digests(empty)
        assert await read(empty, "plan") == b"ship on Friday"

    assert manifest.tables == digests(url)
    assert manifest.tables["agent_memory.context_versions"].num_rows == 1
    begun_again = {"agent_memory.context_feeds", "agent_memory.context_changes"}
    differing = {name for name, digest in after.items() if manifest.tables[name] != digest}
    assert differing == begun_again


async def test_a_backup_shows_one_moment_whatever_is_written_meanwhile(
    url: str, database: Database, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(database, "plan", "before")

    def write_then_digest(connection: psycopg.Connection) -> dict[str, TableDigest]:
        with psycopg.connect(url) as other:
            other.execute("DELETE FROM agent_memory.context_versions")
        return dict(digest_tables(connection))

    monkeypatch.setattr("agent_memory.store.backup.making.digest_tables", write_then_digest)
    manifest = back_up(url, place / "one")

    assert manifest.tables["agent_memory.context_versions"].num_rows == 1


async def test_numbers_of_changes_go_on_above_all_that_readers_may_have_seen(
    url: str, database: Database, place: Path, server: EmbeddedPostgres
) -> None:
    await write(database, "plan", "1")
    back_up(url, place / "one")

    with fresh_database(server.url) as empty:
        restore_database(Archive.verified(place / "one"), empty)
        restored = Database(empty, max_size=1)
        try:
            await write(restored, "plan", "2")
            with psycopg.connect(empty) as connection:
                rows = connection.execute("SELECT seq FROM agent_memory.context_changes").fetchall()
                feeds = connection.execute(
                    "SELECT first_seq FROM agent_memory.context_feeds"
                ).fetchall()
        finally:
            await restored.close()

    assert rows == feeds == [(1_000_002,)]


def test_a_backup_of_an_older_version_is_brought_forward(
    place: Path, server: EmbeddedPostgres
) -> None:
    *older, newest = read_migrations()
    with fresh_database(server.url) as before, fresh_database(server.url) as empty:
        migrate(before, older)
        back_up(before, place / "one")

        assert restore_database(Archive.verified(place / "one"), empty) == (newest.name,)


async def test_a_backup_of_a_newer_version_is_refused_before_anything_is_written(
    url: str, place: Path, server: EmbeddedPostgres
) -> None:
    back_up(url, place / "one")
    archive = Archive.verified(place / "one")
    newer = {**archive.manifest.migrations, "9999_of_tomorrow": "0"}
    archive.manifest = replace(archive.manifest, migrations=newer)

    with fresh_database(server.url) as empty:
        with pytest.raises(StorageUnavailable, match="newer version"):
            restore_database(archive, empty)
        assert digests(empty) == {}


async def test_a_database_that_does_not_hold_what_the_backup_held_is_emptied_again(
    url: str, place: Path, server: EmbeddedPostgres
) -> None:
    back_up(url, place / "one")
    archive = Archive.verified(place / "one")
    other = {**archive.manifest.tables, "agent_memory.contexts": TableDigest(7, "7")}
    archive.manifest = replace(archive.manifest, tables=other)

    with fresh_database(server.url) as empty:
        with pytest.raises(StorageUnavailable, match=r"agent_memory\.contexts"):
            restore_database(archive, empty)
        assert digests(empty) == {}


async def test_a_database_with_tables_of_ours_is_refused(url: str, place: Path) -> None:
    back_up(url, place / "one")

    with pytest.raises(Conflict):
        restore_database(Archive.verified(place / "one"), url)


async def test_a_damaged_or_cut_backup_is_found_before_anything_is_written(
    url: str, place: Path
) -> None:
    back_up(url, place / "one")
    whole = (place / "one").read_bytes()
    cuts = [whole[: len(whole) // 2], whole[:-4096], b""]
    flips = [_flipped(whole, int(len(whole) * at)) for at in (0.1, 0.5, 0.97)]

    for data in (*cuts, *flips):
        (place / "one").write_bytes(data)
        with pytest.raises(InvalidRequest):
            Archive.verified(place / "one")


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_a_backup_that_fails_leaves_the_former_file_and_no_other(place: Path) -> None:
    (place / "one").write_bytes(b"former")

    with pytest.raises(StorageUnavailable):
        back_up("postgresql://nobody@127.0.0.1:1/none", place / "one")

    assert {path.name: path.read_bytes() for path in place.iterdir()} == {"one": b"former"}


async def test_a_backup_is_readable_by_its_owner_alone_and_by_tar(url: str, place: Path) -> None:
    back_up(url, place / "one")

    assert (place / "one").stat().st_mode & 0o777 == 0o600
    with tarfile.open(place / "one") as tar:
        assert tar.getnames() == ["database.dump", "manifest.json", "manifest.sha256"]


async def test_the_key_of_secrets_travels_sealed(url: str, place: Path) -> None:
    key = bytes(range(32))
    secrets = BackupSecrets(key, Sealing(bytes(32)), ())
    make_backup(url, place / "one", secrets, "1.0", NOW)

    assert Archive.verified(place / "one").has("secrets.key.sealed")
    written = (place / "one").read_bytes()
    assert key not in written
    assert key.hex().encode() not in written


async def test_a_data_directory_holds_what_the_backup_held(
    url: str, database: Database, place: Path
) -> None:
    await write(database, "plan", "ship on Friday")
    back_up(url, place / "one")
    archive, home = Archive.verified(place / "one"), place / "home"

    assert restore_folder(archive, home, "ab" * 32, NOW, may_replace=False) is None
    with pytest.raises(Conflict):
        restore_folder(archive, home, None, NOW, may_replace=False)
    former = restore_folder(archive, home, "cd" * 32, NOW, may_replace=True)

    postgres = EmbeddedPostgres.start(home / "postgres")
    try:
        assert await read(postgres.url, "plan") == b"ship on Friday"
    finally:
        postgres.stop()
    assert former == home / "postgres.before-20261201T000000Z"
    assert former.is_dir()
    assert (home / "run" / "providers.key").read_text() == "cd" * 32
    assert (home / "run" / "providers.key.before-20261201T000000Z").read_text() == "ab" * 32


async def test_a_restore_that_fails_leaves_the_data_directory_as_it_was(
    url: str, place: Path
) -> None:
    back_up(url, place / "one")
    archive, home = Archive.verified(place / "one"), place / "home"
    other = {**archive.manifest.tables, "agent_memory.contexts": TableDigest(7, "7")}
    archive.manifest = replace(archive.manifest, tables=other)
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "mark").touch()

    with pytest.raises(StorageUnavailable):
        restore_folder(archive, home, None, NOW, may_replace=True)

    assert [path.name for path in home.iterdir()] == ["postgres"]
    assert (home / "postgres" / "mark").exists()
