"""Invariants of the indexes, counted again by the database's owner."""

import psycopg

_STATEMENTS = {
    "postings that are not their items' terms": """
        SELECT count(*) FROM (
            SELECT workspace_id, term, thread_no, item_no, place, position IS NOT NULL,
                frequency, length
            FROM items, unnest(terms, frequencies) AS found (term, frequency)
        ) AS wanted
        FULL JOIN (
            SELECT workspace_id, term, thread_no, item_no, place, is_message, frequency, length
            FROM postings
        ) AS stored USING (workspace_id, term, thread_no, item_no, frequency, length)
        WHERE wanted.* IS NULL OR stored.* IS NULL OR wanted.place IS DISTINCT FROM stored.place
    """,
    "terms counted wrongly": """
        SELECT count(*) FROM (
            SELECT workspace_id, term COLLATE "C" AS term, count(*) AS num_items
            FROM items, unnest(terms) AS term GROUP BY 1, 2
        ) AS wanted
        FULL JOIN term_statistics USING (workspace_id, term, num_items)
        WHERE wanted.* IS NULL OR term_statistics.* IS NULL
    """,
    "workspaces counted wrongly": """
        SELECT count(*) FROM (
            SELECT workspace_id, count(*) AS num_items, sum(round(length))::bigint AS num_terms
            FROM items GROUP BY 1
        ) AS wanted
        FULL JOIN (SELECT * FROM memory_statistics WHERE num_items > 0) AS stored
            USING (workspace_id, num_items, num_terms)
        WHERE wanted.* IS NULL OR stored.* IS NULL
    """,
    "keys of no item": """
        SELECT count(*) FROM item_keys
        LEFT JOIN items USING (workspace_id, item_no) WHERE items.item_no IS NULL
    """,
}


def audit(url: str) -> dict[str, int]:
    """How many of each fault there are; empty when the books are right."""
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = agent_memory, public")
        faults = {fault: _count(connection, query) for fault, query in _STATEMENTS.items()}
    return {fault: count for fault, count in faults.items() if count}


def count_rows(url: str, workspace: str) -> dict[str, int]:
    """Of every table that has any for the workspace."""
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = agent_memory, public")
        tables = connection.execute(
            "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE relkind = 'r' AND relnamespace = 'agent_memory'::regnamespace"
            " AND attname = 'workspace_id'"
        ).fetchall()
        counts = {}
        for (table,) in tables:
            query = f"SELECT count(*) FROM {table} WHERE workspace_id = %s"  # noqa: S608  our own
            counts[str(table)] = _count(connection, query, workspace)
    return {table: count for table, count in counts.items() if count}


def _count(connection: psycopg.Connection, query: str, *values: str) -> int:
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    return int(row[0])
