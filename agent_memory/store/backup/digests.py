"""What the tables hold, in figures that two databases can be compared by."""

from collections.abc import Mapping

from psycopg import Connection, sql

from agent_memory.store.backup.manifest import TableDigest
from agent_memory.store.statements import statement

_DIGEST = sql.SQL(
    "SELECT count(*), coalesce(sum(('x' || left(encode(sha256(convert_to(t::text, 'UTF8')), 'hex'),"
    " 16))::bit(64)::bigint::numeric), 0) FROM {table} AS t"
)


def digest_tables(connection: Connection) -> Mapping[str, TableDigest]:
    """Every table of ours by its name with the schema. The user must see all rows."""
    connection.execute(statement("write_values_alike"))
    tables = connection.execute(statement("list_tables")).fetchall()
    return {f"{schema}.{name}": _digest(connection, schema, name) for schema, name in tables}


def differences(before: Mapping[str, TableDigest], after: Mapping[str, TableDigest]) -> list[str]:
    """The tables that do not hold the same."""
    return sorted(name for name in before.keys() | after if before.get(name) != after.get(name))


def _digest(connection: Connection, schema: str, name: str) -> TableDigest:
    query = _DIGEST.format(table=sql.Identifier(schema, name))
    ((num_rows, digest),) = connection.execute(query).fetchall()
    return TableDigest(int(num_rows), str(digest))
