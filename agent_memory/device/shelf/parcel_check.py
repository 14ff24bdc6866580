"""Whether the blocks of a parcel can be those of a session, as far as their headers tell."""

from collections.abc import Collection

from agent_memory.cache.kv_engine import KvEngine
from agent_memory.device.kv.host_tensor import ShelfBlock
from agent_memory.device.shelf.file_format import BlockRecord
from agent_memory.device.shelf.reader import FileHeader
from agent_memory.errors import InvalidRequest

MAX_BLOCKS_PER_FILE = 32
"""So many are in memory at once while a session is packed or unpacked."""


def check_parcel(headers: Collection[FileHeader], engine: KvEngine, num_tokens: int) -> None:
    """Raise `InvalidRequest` when the files hold more than a sequence of `num_tokens` can need."""
    if any(len(header.blocks) > MAX_BLOCKS_PER_FILE for header in headers):
        raise InvalidRequest(f"A KV file holds more than {MAX_BLOCKS_PER_FILE} blocks.")
    bounds = engine.parcel_bounds(num_tokens)
    blocks = [block for header in headers for block in header.blocks]
    if len(blocks) > bounds.num_blocks:
        raise InvalidRequest(
            f"The archive holds {len(blocks)} KV blocks; {num_tokens} tokens can need "
            f"{bounds.num_blocks}."
        )
    num_block_tokens = sum(len(block.token_ids) for block in blocks)
    if num_block_tokens > bounds.num_block_tokens:
        raise InvalidRequest(
            f"The archive's KV blocks hold {num_block_tokens} tokens; {num_tokens} tokens can need "
            f"{bounds.num_block_tokens}."
        )


def check_block(record: BlockRecord, begin: int, engine: KvEngine) -> None:
    """Raise `InvalidRequest` when this model computes no such block after `begin` tokens."""
    num_tokens = len(record.token_ids)
    expected = num_tokens * engine.bytes_per_token
    if record.nbytes != expected and not record.is_snapshot:
        raise InvalidRequest(
            f"A KV block of {num_tokens} tokens has {record.nbytes} bytes; "
            f"this model's have {expected}."
        )
    if record.is_snapshot and not engine.has_snapshots:
        raise InvalidRequest("The archive holds a snapshot; this model keeps none.")
    if engine.kv_form.tokens or engine.kv_form.snapshot:
        tensors = {tensor.name: (tensor.dtype, tensor.whole) for tensor in record.tensors}
        misfit = engine.kv_form.misfit(tensors, begin, num_tokens, is_snapshot=record.is_snapshot)
        if misfit is not None:
            raise InvalidRequest(f"Tensor '{misfit}' of a KV block is not like this model's.")


def check_content(block: ShelfBlock, engine: KvEngine) -> None:
    """Raise `InvalidRequest` when a state is not put together as this model's are."""
    for form in engine.kv_form.snapshot:
        tensor = block.tensors.get(form.name)
        if form.content is not None and tensor is not None and bytes(tensor.view) != form.content:
            raise InvalidRequest(f"Tensor '{form.name}' of a KV block is not like this model's.")
