"""Why blocks are gone that were here, for the sake of honest answers."""

from agent_memory.cache.block import Block
from agent_memory.cache.miss import MissKind
from agent_memory.cache.tokens import num_common_tokens
from agent_memory.ids import BlockHash

MAX_LOSSES = 4096


class Losses:
    """The last block lost behind each parent, and why; the oldest are forgotten."""

    def __init__(self) -> None:
        self._losses: dict[BlockHash, tuple[bytes, MissKind, float | None]] = {}

    def note(self, block: Block, kind: MissKind) -> None:
        self._losses.pop(block.parent, None)
        self._losses[block.parent] = (block.tokens, kind, block.fades_at)
        if len(self._losses) > MAX_LOSSES:
            del self._losses[next(iter(self._losses))]

    def find(
        self, parent: BlockHash, prompt: bytes, start: int, num_matched: int
    ) -> MissKind | None:
        """Why more than `num_matched` tokens of `prompt` from `start` on, which is where `parent`
        ends, cannot be had any more."""
        lost, kind, _ = self._losses.get(parent, (b"", None, None))
        return kind if num_common_tokens(lost, prompt, start) > num_matched else None

    def fade(self, now: float) -> None:
        """Forget those whose tokens may not be known any more."""
        self._losses = {
            parent: loss
            for parent, loss in self._losses.items()
            if loss[2] is None or loss[2] > now
        }
