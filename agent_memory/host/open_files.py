"""How many files and sockets this process and its children may have open."""

import resource
from contextlib import suppress

_WANTED = (65536, 10240)
"""The second is what every macOS takes, where the first may be more than its kernel allows."""


def raise_open_file_limit() -> None:
    """Have as many as the system allows, up to 65,536. A Mac's terminal begins with 256."""
    for wanted in _WANTED:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft == resource.RLIM_INFINITY or soft >= limit:
            return
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            return


def most_open_files() -> int:
    """To what `raise_open_file_limit` may go: -1 where there is no bound."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]
