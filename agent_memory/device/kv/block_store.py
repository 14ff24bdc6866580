"""KV blocks that stay in memory between turns: resident on the device, or at rest on the host."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.kv.kv_block import KvBlock, RestingBlock, to_host
from agent_memory.ids import BlockHash


class BlockStore:
    """Blocks by their hash, each in one of the two. What to keep where is decided elsewhere; used
    by one thread, but for the figures."""

    def __init__(self) -> None:
        self._resident: dict[BlockHash, KvBlock] = {}
        self._at_rest: dict[BlockHash, RestingBlock] = {}
        self._nbytes = 0
        self._nbytes_at_rest = 0
        self._epoch = 0

    @property
    def num_blocks(self) -> int:
        """Of those that are resident."""
        return len(self._resident)

    @property
    def nbytes(self) -> int:
        return self._nbytes

    @property
    def num_at_rest(self) -> int:
        return len(self._at_rest)

    @property
    def nbytes_at_rest(self) -> int:
        return self._nbytes_at_rest

    def begin_epoch(self, epoch: int) -> None:
        """Forget everything if the register of blocks has begun again."""
        if epoch > self._epoch:
            self._epoch = epoch
            self._resident.clear()
            self._at_rest.clear()
            self._nbytes = self._nbytes_at_rest = 0

    def get(self, hash: BlockHash) -> KvBlock | None:  # noqa: A002  the word of the field
        """A resident block."""
        return self._resident.get(hash)

    def at_rest(self, hash: BlockHash) -> RestingBlock | None:  # noqa: A002
        """A block that is at rest."""
        return self._at_rest.get(hash)

    def put(self, block: KvBlock) -> None:
        """Keep a block resident; one of the same hash gives way to it, also one at rest."""
        self.drop((block.hash,))
        self._resident[block.hash] = block
        self._nbytes += block.nbytes

    def rest(self, hashes: Iterable[BlockHash]) -> list[ShelfBlock]:
        """Put resident blocks to rest; others do not matter. Returns their bytes, which may
        still lie in the device's buffers: where they may not stay there, `settle` shall follow."""
        borrowed: list[ShelfBlock] = []
        for hash in hashes:  # noqa: A001
            block = self._resident.get(hash)
            if block is not None:
                host = to_host(block)
                self.drop((hash,))
                self._at_rest[hash] = RestingBlock(host, block.file)
                self._nbytes_at_rest += host.nbytes
                borrowed.append(host)
        return borrowed

    def settle(self, borrowed: ShelfBlock, copy: ShelfBlock) -> None:
        """Let `copy` take the place of the same block's borrowed bytes, if these are still here."""
        known = self._at_rest.get(borrowed.hash)
        if known is not None and known.host is borrowed:
            self._at_rest[borrowed.hash] = replace(known, host=copy)

    def find_file(self, block: KvBlock, file: str) -> None:
        """A block was written to `file`: remember it of that block if it is still here."""
        resting = self._at_rest.get(block.hash)
        if self._resident.get(block.hash) is block:
            self._resident[block.hash] = block.on_shelf(file)
        elif resting is not None and resting.file in (None, block.file):
            self._at_rest[block.hash] = resting.on_shelf(file)

    def lose_files(self, files: Collection[str]) -> None:
        """These files are gone from the shelf: blocks that were in them are to be written again."""
        for hash, block in self._resident.items():  # noqa: A001
            if block.file in files:
                self._resident[hash] = block.off_shelf()
        for hash, resting in self._at_rest.items():  # noqa: A001
            if resting.file in files:
                self._at_rest[hash] = resting.off_shelf()

    def drop(self, hashes: Iterable[BlockHash]) -> None:
        """Forget blocks. Rows made from them are not affected; unknown ones do not matter."""
        for hash in hashes:  # noqa: A001
            block = self._resident.pop(hash, None)
            if block is not None:
                self._nbytes -= block.nbytes
            resting = self._at_rest.pop(hash, None)
            if resting is not None:
                self._nbytes_at_rest -= resting.host.nbytes
