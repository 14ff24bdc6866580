"""The SQL of the package: one statement a file in `queries/`, named for what it does."""

from functools import cache
from pathlib import Path

_QUERIES = Path(__file__).parent / "queries"


@cache
def statement(name: str) -> bytes:
    """The text of `queries/<name>.sql`."""
    return (_QUERIES / f"{name}.sql").read_bytes()
