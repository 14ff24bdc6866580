"""The header of a shelf file, and whether it can be true."""

import base64
import json
import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from agent_memory.cache.hashing import chain_hash
from agent_memory.device.kv.host_tensor import num_bytes
from agent_memory.device.shelf.file_format import (
    FILE_NAME,
    FORMAT,
    FORMAT_IN_PARTS,
    LENGTH_SIZE,
    BlockRecord,
    Namespace,
    TensorRecord,
)
from agent_memory.device.shelf.sealing import FileCipher, Seal
from agent_memory.device.shelf.window_parts import MAX_EARLIER, EarlierPart, WindowParts, is_window
from agent_memory.ids import BlockHash

_INT = {int}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a header says. `cipher` opens the tensors of a sealed file; `owner` is the session that
    computed the blocks, or nothing."""

    blocks: tuple[BlockRecord, ...]
    cipher: FileCipher | None
    owner: str


def decode_header(
    header: bytes, namespace: Namespace, data_size: int, seal: Seal | None = None
) -> Decoded:
    """What `header` (length included) says of a file that has `data_size` bytes after it.

    Raises `ValueError` with the reason when it is not a file of ours, of this namespace, or whole.
    """
    text, cipher = header[LENGTH_SIZE:], None
    if seal is not None:
        text, cipher = seal.unwrap(text)
    try:
        entries = json.loads(text)
        metadata = entries.pop("__metadata__")
        _check_origin(metadata, namespace)
        records = _decode_blocks(json.loads(metadata["blocks"]), entries)
        _check_layout(records, len(entries), data_size)
    except (AttributeError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"the header is malformed: {error!r}") from error
    if seal is not None and any(tensor.tag is None for r in records for tensor in r.tensors):
        raise ValueError("a tensor has no tag")
    return Decoded(records, cipher, str(metadata.get("owner", "")))


def _check_origin(metadata: dict[str, str], namespace: Namespace) -> None:
    if metadata["format"] not in (FORMAT, FORMAT_IN_PARTS):
        raise ValueError(f"unknown format '{metadata['format']}'")
    made_for = (metadata["fingerprint"], metadata["kv_format"])
    if made_for != (namespace.fingerprint, namespace.kv_format):
        raise ValueError("written for another model or KV format")


def _decode_blocks(
    described: list[dict[str, object]], entries: dict[str, dict[str, object]]
) -> tuple[BlockRecord, ...]:
    records: list[BlockRecord] = []
    num_tensors = 0
    for index, block in enumerate(described):
        token_ids = _unpack(str(block["token_ids"]))
        parts, lengths = _decode_windows(block.get("windows"))
        record = BlockRecord(
            BlockHash(str(block["hash"])),
            BlockHash(str(block["parent"])),
            token_ids,
            block["is_snapshot"] is True,
            _decode_tensors(
                index, block["crc32"], block.get("tags"), num_tensors, entries, lengths
            ),
            parts,
        )
        num_tensors += len(record.tensors)
        if not token_ids or chain_hash(record.parent, token_ids) != record.hash:
            raise ValueError(f"block {index} is not the one its hash names")
        records.append(record)
    return tuple(records)


def _decode_tensors(
    index: int,
    checksums: object,
    tags: object,
    num_before: int,
    entries: dict[str, dict[str, object]],
    lengths: Mapping[str, int],
) -> tuple[TensorRecord, ...]:
    if not isinstance(checksums, dict):
        raise TypeError("crc32")
    records = []
    for number, (name, checksum) in enumerate(checksums.items(), num_before):
        tag = base64.b64decode(tags[name]) if isinstance(tags, dict) else None
        # Without a match statement, which takes as long as reading the tensor does.
        entry = entries[f"{index}.{name}"]
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not (isinstance(dtype, str) and isinstance(shape, list) and isinstance(offsets, list)):
            raise TypeError(f"tensor {index}.{name}")
        if not set(map(type, shape)) <= _INT or min(shape, default=0) < 0:
            raise ValueError(f"tensor '{index}.{name}' has an impossible shape")
        start, end = map(int, offsets)
        whole = _whole_shape(name, tuple(shape), lengths)
        records.append(
            TensorRecord(name, dtype, tuple(shape), whole, start, end, int(checksum), number, tag)
        )
    return tuple(records)


def _whole_shape(name: str, shape: tuple[int, ...], lengths: Mapping[str, int]) -> tuple[int, ...]:
    if name not in lengths:
        return shape
    if not is_window(name) or len(shape) < 2 or lengths[name] < shape[-2]:
        raise ValueError(f"tensor '{name}' is no part of a window of {lengths[name]} tokens")
    return (*shape[:-2], lengths[name], shape[-1])


def _decode_windows(said: object) -> tuple[WindowParts | None, Mapping[str, int]]:
    """The parts that windows are in, and how many tokens each window has."""
    match said:
        case None:
            return None, {}
        case {"num_own": int(num_own), "earlier": list(earlier), "lengths": dict(lengths)}:
            parts = WindowParts(num_own, tuple(map(_decode_earlier, earlier)))
            if not 0 < len(parts.earlier) <= MAX_EARLIER:
                raise ValueError(f"it names {len(parts.earlier)} earlier files")
            return parts, {str(name): int(length) for name, length in lengths.items()}
        case _:
            raise ValueError("what it says of its windows is malformed")


def _decode_earlier(said: object) -> EarlierPart:
    match said:
        case [str(file), int(nbytes), int(num_tokens)] if FILE_NAME.fullmatch(file):
            return EarlierPart(file, nbytes, num_tokens)
        case _:
            raise ValueError("what it says of an earlier file is malformed")


def _check_layout(records: tuple[BlockRecord, ...], num_entries: int, data_size: int) -> None:
    tensors = [tensor for record in records for tensor in record.tensors]
    cursor = 0
    for tensor in tensors:
        end = cursor + num_bytes(tensor.dtype, tensor.shape)
        if (tensor.start, tensor.end) != (cursor, end):
            raise ValueError(f"tensor '{tensor.name}' lies in the wrong place")
        cursor = end
    if not records or len(tensors) != num_entries:
        raise ValueError("it holds tensors of no block")
    if cursor != data_size:
        raise ValueError(f"{data_size} bytes of tensors instead of {cursor}")


def _unpack(text: str) -> tuple[int, ...]:
    words = array("I")
    words.frombytes(base64.b64decode(text, validate=True))
    if sys.byteorder == "big":
        words.byteswap()
    return tuple(words)
