"""The two roles of the database: one owns the tables, the other uses them."""

from psycopg import Connection, errors, sql

from agent_memory.errors import StorageUnavailable

OWNER = "agent_memory_owner"
APPLICATION = "agent_memory_app"


def ensure_roles(connection: Connection) -> None:
    """Make the roles unless they exist, so that the connection's user may become either.

    `StorageUnavailable` with the SQL for an administrator when that user may not make them.
    """
    try:
        for role in (OWNER, APPLICATION):
            _ensure_role(connection, role)
            _check_membership(connection, role)
    except errors.InsufficientPrivilege as error:
        raise StorageUnavailable(administrators_sql(connection)) from error


def administrators_sql(connection: Connection) -> str:
    """What to say when the user of `DATABASE_URL` may not prepare the database itself."""
    user, database = connection.info.user, connection.info.dbname
    lines = (
        f"CREATE ROLE {OWNER} NOLOGIN;",
        f"CREATE ROLE {APPLICATION} NOLOGIN;",
        f'GRANT {OWNER}, {APPLICATION} TO "{user}";',
        f'GRANT CREATE ON DATABASE "{database}" TO "{user}";',
        "CREATE EXTENSION IF NOT EXISTS vector;",
    )
    return (
        f"The database user '{user}' may not prepare the database. An administrator must run, "
        f"once, connected to the database '{database}' (leave out what exists):\n  "
        + "\n  ".join(lines)
    )


def _ensure_role(connection: Connection, role: str) -> None:
    name = sql.Identifier(role)
    known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    if known is not None:
        return
    try:
        with connection.transaction():
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
    except (errors.DuplicateObject, errors.UniqueViolation):
        return  # roles are shared by all databases of a server: another one's start made it now


def _check_membership(connection: Connection, role: str) -> None:
    """`InsufficientPrivilege` unless the connection's user may become `role`."""
    with connection.transaction(force_rollback=True):
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
