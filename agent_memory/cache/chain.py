"""Blocks in any order, put into the order of the chain that they make."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from agent_memory.cache.tokens import WIDTH, pack
from agent_memory.errors import InvalidRequest
from agent_memory.ids import BlockHash


class Link(Protocol):
    """A block that says which one it follows."""

    @property
    def hash(self) -> BlockHash: ...
    @property
    def parent(self) -> BlockHash: ...
    @property
    def token_ids(self) -> Sequence[int]: ...


LinkT = TypeVar("LinkT", bound=Link)


def chained(
    links: Iterable[LinkT], root: BlockHash, token_ids: Sequence[int]
) -> Iterator[tuple[LinkT, int]]:
    """The links that a chain leads to from `root`, parents first, each with how many tokens come
    before it. Each is visited once.

    Raises `InvalidRequest` when one of them is there twice, or holds anything but a piece of the
    sequence `token_ids` in its place.
    """
    following = _by_parent(links)
    sequence = pack(token_ids)
    ends = deque([(root, 0)])
    while ends:
        parent, start = ends.popleft()
        for link in following.pop(parent, ()):
            piece = pack(link.token_ids)
            if not sequence.startswith(piece, start):
                raise InvalidRequest(
                    f"KV block {link.hash} does not hold the session's tokens from "
                    f"{start // WIDTH} on."
                )
            yield link, start // WIDTH
            ends.append((link.hash, start + len(piece)))


def _by_parent(links: Iterable[LinkT]) -> dict[BlockHash, list[LinkT]]:
    following: dict[BlockHash, list[LinkT]] = {}
    seen: set[BlockHash] = set()
    for link in links:
        if link.hash in seen:
            raise InvalidRequest(f"The archive has KV block {link.hash} twice.")
        seen.add(link.hash)
        following.setdefault(link.parent, []).append(link)
    return following
