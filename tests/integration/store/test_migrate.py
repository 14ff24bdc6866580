import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from agent_memory.errors import StorageUnavailable
from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.migrate import Migration, migrate, read_migrations
from agent_memory.testing.postgres import database_name, fresh_database


@pytest.fixture
def bare(server: EmbeddedPostgres) -> Iterator[str]:
    with fresh_database(server.url) as url:
        yield url


def query(url: str, text: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(text.encode()).fetchall()


def test_a_bare_database_gets_all_migrations_in_order(bare: str) -> None:
    names = tuple(migration.name for migration in read_migrations())

    assert names[0].startswith("0001_")
    assert migrate(bare) == names


def test_migrating_again_does_nothing(bare: str) -> None:
    migrate(bare)

    assert migrate(bare) == ()


def test_a_migrated_database_has_vectors(bare: str) -> None:
    migrate(bare)

    assert query(bare, "SELECT '[1,2]'::vector <-> '[1,4]'::vector") == [(2.0,)]


async def test_two_processes_migrate_at_once_and_one_of_them_works(bare: str) -> None:
    code = "import sys; from agent_memory.store.migrate import migrate; print(migrate(sys.argv[1]))"
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, bare, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    outputs = [(await process.communicate())[0].decode().strip() for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    names = tuple(migration.name for migration in read_migrations())
    assert sorted(outputs) == sorted([str(names), "()"])


def test_a_migration_that_was_changed_after_it_was_applied_is_refused(bare: str) -> None:
    migrate(bare)
    first, *rest = read_migrations()
    changed = [replace(first, sql=first.sql + b"-- changed"), *rest]

    with pytest.raises(StorageUnavailable, match=first.name):
        migrate(bare, changed)


def test_admins_of_the_default_workspace_become_operators_and_no_others(bare: str) -> None:
    earlier = [m for m in read_migrations() if m.name < "0012"]
    migrate(bare, earlier)
    add = "INSERT INTO agent_memory."
    with psycopg.connect(bare) as connection:
        connection.execute(f"{add}workspaces (workspace_id) VALUES ('default'), ('team')")
        connection.execute(
            f"{add}api_keys (key_id, workspace_id, name, secret_hash, scopes, created_at) VALUES"
            " ('a', 'default', 'a', sha256('a'), '{admin}', now()),"
            " ('b', 'default', 'b', sha256('b'), '{inference}', now()),"
            " ('c', 'team', 'c', sha256('c'), '{admin}', now())"
        )

    migrate(bare)

    rows = query(bare, "SELECT key_id, scopes FROM agent_memory.api_keys ORDER BY key_id")
    assert rows == [("a", ["admin", "operator"]), ("b", ["inference"]), ("c", ["admin"])]


def test_a_database_of_a_newer_version_is_refused(bare: str) -> None:
    migrate(bare, [*read_migrations(), Migration("9999_from_the_future", b"SELECT 1")])

    with pytest.raises(StorageUnavailable, match=r"newer version.*9999_from_the_future"):
        migrate(bare)


def test_a_migration_that_fails_leaves_nothing_of_itself_or_the_others(bare: str) -> None:
    broken = Migration("9999_broken", b"CREATE TABLE half (); SELECT 1 / 0")

    with pytest.raises(Exception, match="division by zero"):
        migrate(bare, [*read_migrations(), broken])

    assert query(bare, "SELECT FROM pg_namespace WHERE nspname = 'agent_memory'") == []


def test_tables_belong_to_a_role_that_is_not_the_applications(bare: str) -> None:
    migrate(bare)

    owners = query(
        bare, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'agent_memory'"
    )
    assert owners == [("agent_memory_owner",)]
    roles = query(
        bare,
        "SELECT rolsuper, rolbypassrls, rolcanlogin,"
        " pg_has_role(oid, 'agent_memory_owner', 'MEMBER')"
        " FROM pg_roles WHERE rolname = 'agent_memory_app'",
    )
    assert roles == [(False, False, False, False)]


TABLES_OF_THE_MACHINE = {
    "schema_migrations",
    # Providers of models belong to the machine, as its own models do.
    *("providers", "provider_keys", "provider_models", "model_aliases", "model_prices"),
    "gateway_version",
}


def test_every_table_is_walled_off_by_workspace(bare: str) -> None:
    migrate(bare)

    tables = query(
        bare,
        """
        SELECT relname, relrowsecurity AND relforcerowsecurity,
            EXISTS (
                SELECT FROM pg_attribute
                WHERE attrelid = c.oid AND attname = 'workspace_id' AND attnotnull
            ),
            EXISTS (
                SELECT FROM pg_policies p
                WHERE p.schemaname = 'agent_memory' AND p.tablename = relname AND p.cmd = 'ALL'
                    AND p.qual LIKE '(workspace_id = current_setting(''app.workspace_id''%'
                    AND p.with_check = p.qual
            )
        FROM pg_class c
        WHERE relnamespace = 'agent_memory'::regnamespace AND relkind IN ('r', 'p')
        """,
    )
    walled = {name for name, *walls in tables if all(walls)}
    assert {str(name) for name, *_ in tables} - walled == TABLES_OF_THE_MACHINE
    assert walled >= {"workspaces", "api_keys", "sessions", "turns", "messages"}


def test_no_policies_but_three_of_the_owners_reach_over_the_wall(bare: str) -> None:
    migrate(bare)

    others = query(
        bare,
        "SELECT tablename, policyname, cmd, roles::text[] FROM pg_policies"
        " WHERE schemaname = 'agent_memory' AND policyname <> 'own_workspace' ORDER BY tablename",
    )
    assert others == [
        ("api_keys", "lookup_before_workspace", "SELECT", ["agent_memory_owner"]),
        ("context_tickets", "taken_before_workspace", "ALL", ["agent_memory_owner"]),
        ("workspaces", "enumerate_for_upkeep", "SELECT", ["agent_memory_owner"]),
    ]


@pytest.fixture
def ordinary(server: EmbeddedPostgres, bare: str) -> Iterator[str]:
    """The database `bare` as a user who may create no roles."""
    name = "somebody"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'made-up'".encode())
    yield make_conninfo(bare, user=name, password="made-up", passfile="/dev/null")
    with psycopg.connect(bare, autocommit=True) as connection:
        connection.execute(f"DROP OWNED BY {name}".encode())
        connection.execute(f"DROP ROLE {name}".encode())


def test_a_user_who_may_not_prepare_the_database_is_told_what_an_administrator_must_run(
    ordinary: str, bare: str, migrated: str
) -> None:
    with pytest.raises(StorageUnavailable) as refused:
        migrate(ordinary)

    advice = str(refused.value)
    assert 'GRANT agent_memory_owner, agent_memory_app TO "somebody";' in advice
    with psycopg.connect(bare, autocommit=True) as connection:
        for line in advice.splitlines()[1:]:
            if not line.strip().startswith("CREATE ROLE"):  # the server has them already
                connection.execute(sql.SQL(line))
    assert migrate(ordinary) == tuple(migration.name for migration in read_migrations())


def test_an_unreachable_database_is_storage_unavailable() -> None:
    with pytest.raises(StorageUnavailable):
        migrate("postgresql://nobody@127.0.0.1:1/nothing")


def test_a_url_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(StorageUnavailable, match="DATABASE_URL") as refused:
        migrate("postgresql+driver://somebody:topsecret@host/database")

    assert "topsecret" not in str(refused.value)


def test_databases_of_one_server_share_its_roles(server: EmbeddedPostgres, migrated: str) -> None:
    with fresh_database(server.url) as other:
        assert database_name(other) != migrated
        assert migrate(other) != ()
