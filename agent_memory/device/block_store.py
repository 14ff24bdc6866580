"""KV blocks that stay on the device between turns."""

from collections.abc import Collection, Iterable

from agent_memory.device.kv_block import KvBlock
from agent_memory.ids import BlockHash


class BlockStore:
    """Blocks by their hash. What to keep is decided elsewhere; used by one thread."""

    def __init__(self) -> None:
        self._blocks: dict[BlockHash, KvBlock] = {}
        self._nbytes = 0
        self._epoch = 0

    @property
    def num_blocks(self) -> int:
        return len(self._blocks)

    @property
    def nbytes(self) -> int:
        return self._nbytes

    def begin_epoch(self, epoch: int) -> None:
        """Forget everything if the register of blocks has begun anew."""
        if epoch > self._epoch:
            self._epoch = epoch
            self._blocks.clear()
            self._nbytes = 0

    def get(self, hash: BlockHash) -> KvBlock | None:  # noqa: A002  the word of the field
        return self._blocks.get(hash)

    def put(self, block: KvBlock) -> None:
        """Keep a block; one of the same hash gives way to it."""
        self.drop((block.hash,))
        self._blocks[block.hash] = block
        self._nbytes += block.nbytes

    def lose_files(self, files: Collection[str]) -> None:
        """These files are gone from the shelf: blocks that were in them are to be written again."""
        lost = [block for block in self._blocks.values() if block.file in files]
        for block in lost:
            self._blocks[block.hash] = block.off_shelf()

    def drop(self, hashes: Iterable[BlockHash]) -> None:
        """Forget blocks. Rows made from them are not affected; unknown ones do not matter."""
        for hash in hashes:  # noqa: A001
            block = self._blocks.pop(hash, None)
            if block is not None:
                self._nbytes -= block.nbytes
