"""The address of a database, before libpq is asked to connect to it."""

import re

import psycopg
from psycopg.conninfo import conninfo_to_dict

from agent_memory.errors import StorageUnavailable

_PORTS = re.compile(r"\d*(?:,\d*)*")


def check_address(url: str) -> None:
    """Refuse what libpq cannot read, without repeating it: it may hold a password. So may what
    libpq takes for host and port where marks in the password were not escaped, and libpq's own
    errors would show it."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise StorageUnavailable(
            "DATABASE_URL is not of the form postgresql://user:password@host:5432/database."
        ) from None
    is_cut_wrongly = "@" in str(parts.get("host") or "") or "@" in str(parts.get("dbname") or "")
    if is_cut_wrongly or not _PORTS.fullmatch(str(parts.get("port") or "")):
        raise StorageUnavailable(
            "DATABASE_URL has no usable host, port or database name. Marks such as @ : / ? # in a "
            "password are written as %40 %3A %2F %3F %23."
        )
