"""Where a sequence is cut into blocks when a snapshot is to end it."""

from dataclasses import dataclass

SMALL = 1 / 16
"""Of a block: so many tokens at the end are in the snapshot alone."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """Blocks end at `ends`, the first beginning where the sequence was cut last; after them, from
    `snapshot_from` on, there is the snapshot. None: there is none."""

    ends: tuple[int, ...]
    snapshot_from: int | None


def cut_before_snapshot(begin: int, length: int, block_size: int) -> Cuts:
    """Cut the tokens from `begin` to `length`: blocks up to the last token but one, and a snapshot
    with the last. What follows will begin after those blocks, so that hardly a token is written
    twice.

    Few tokens are in the snapshot alone. A block always has more of them than a snapshot, and so
    never its hash.
    """
    small = max(1, int(block_size * SMALL))
    ends = list(range(begin + block_size, length, block_size))
    if ends and length - ends[-1] == small + 1:
        ends[-1] -= block_size // 2
    last = ends[-1] if ends else begin
    match length - last:
        case rest if 0 < rest <= small:
            return Cuts(tuple(ends), last)
        case rest if rest > small + 1:
            return Cuts((*ends, length - 1), length - 1)
        case _:
            # The block would have as many tokens as the longest snapshot.
            return Cuts(tuple(ends), None)
