"""Ports that are free when they are chosen and most likely still when they are listened on.

What is started here listens seconds after its port was chosen, and Ray's processes open some
hundred connections meanwhile. The kernel draws the ports of those from a range of its own, so ours
lie below it: one of its range was taken now and then, and the server did not start.
"""

import errno
import socket
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom

_LOWEST, _HIGHEST = 20000, 32767
"""Above what Ray gives its workers on a cluster, below what Linux and macOS draw from by default
(32768 to 60999 and 49152 to 65535)."""
_FEWEST = 1000
_KERNELS_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int, kernels_range: Path = _KERNELS_RANGE) -> list[int]:
    """So many different ports of loopback that nobody listens on and the kernel gives to nobody.

    Where the kernel's range leaves too little room, the kernel chooses them itself.
    """
    highest = min(_HIGHEST, _lowest_of(kernels_range) - 1)
    candidates = range(_LOWEST, highest + 1)
    if len(candidates) < _FEWEST:
        candidates = range(1)  # port 0: whichever the kernel likes
    drawing = SystemRandom()
    with ExitStack() as stack:
        chosen: list[int] = []
        while len(chosen) < count:
            one = stack.enter_context(socket.socket())
            try:
                one.bind(("127.0.0.1", drawing.choice(candidates)))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            chosen.append(int(one.getsockname()[1]))
        return chosen


def _lowest_of(kernels_range: Path) -> int:
    try:
        return int(kernels_range.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return _HIGHEST + 1
