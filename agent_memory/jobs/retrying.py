"""When a job that failed is tried again."""

from agent_memory.errors import InvalidRequest, InvariantBroken, NotFound, PermissionDenied

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 600.0

_FOR_GOOD = (InvalidRequest, NotFound, PermissionDenied, InvariantBroken)


def is_for_good(error: BaseException) -> bool:
    """Trying again cannot help: what was asked for is wrong, or gone."""
    return isinstance(error, _FOR_GOOD)


def pause_s(num_attempts: int, chance: float) -> float:
    """Seconds until the next attempt after so many before this one: doubling, bounded, each
    shortened at random by up to half, so that jobs that failed together do not return together.

    chance: evenly between 0 and 1.
    """
    longest: float = min(FIRST_PAUSE_S * 2 ** min(num_attempts, 20), LONGEST_PAUSE_S)
    return longest * (1 - chance / 2)
