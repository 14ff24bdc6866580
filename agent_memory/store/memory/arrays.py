"""Arrays of numbers as PostgreSQL reads them."""

from collections.abc import Iterable


def int_array(values: Iterable[int]) -> str:
    """For a parameter that is cast to an array: psycopg writes a list number by number, with a
    look at each whether it needs quotes, and a search has thousands."""
    return "{" + ",".join(map(str, values)) + "}"
