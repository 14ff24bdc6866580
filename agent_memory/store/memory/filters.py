"""The exclusions of a question, as parameters of the statements that look for candidates."""

import orjson

from agent_memory.memory.search.recalled import Query
from agent_memory.store.safe_text import escape

Parameters = dict[str, object]


def filter_parameters(query: Query) -> Parameters:
    """None stands for any."""
    metadata = {escape(key): escape(value) for key, value in (query.metadata or {}).items()}
    return {
        "thread_ids": list(query.thread_ids) or None,
        "kinds": sorted(query.kinds) or None,
        "roles": sorted(query.roles) or None,
        "since": query.since,
        "until": query.until,
        "as_of": query.as_of,
        "include_archived": query.include_archived,
        "metadata": orjson.dumps(metadata).decode(),
    }


def is_filtered(query: Query) -> bool:
    """Whether it excludes more than what is archived or merged."""
    return bool(
        query.thread_ids
        or query.kinds
        or query.roles
        or query.metadata
        or query.since
        or query.until
        or query.as_of
    )
