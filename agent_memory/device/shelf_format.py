"""The layout of a shelf file: safetensors, with the blocks described in `__metadata__`.

Eight bytes of header length (little-endian), a JSON header padded with spaces to eight bytes, then
the tensors' bytes, block after block and without holes
(https://huggingface.co/docs/safetensors/index#format). The header holds a CRC-32 of every tensor,
and the file is named after the SHA-256 of the header: so the name vouches for the whole file.
Of a sealed file (see `sealing`) header and tensors are encrypted, and lie in the same places.
"""

import base64
import hashlib
import json
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zlib_ng.zlib_ng import crc32

from agent_memory.cache.hashing import chain_hash
from agent_memory.device.host_tensor import ITEM_SIZES, HostTensor, ShelfBlock, num_bytes
from agent_memory.device.sealing import FileCipher, Seal
from agent_memory.ids import BlockHash

FORMAT = "agent_memory.shelf.1"
SUFFIX = ".safetensors"
LENGTH_SIZE = 8


@dataclass(frozen=True, slots=True)
class Namespace:
    """Whose blocks a file holds: other weights, another bit pattern or key cannot read them."""

    fingerprint: str
    kv_format: str
    key_id: str | None = None

    @property
    def folder(self) -> str:
        """Name of the folder of this namespace: 16 hex digits."""
        parts = (FORMAT, self.fingerprint, self.kv_format, *((self.key_id,) if self.key_id else ()))
        text = "\x00".join(parts)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a header says. `cipher` opens the tensors of a sealed file; `owner` is the session that
    computed the blocks, or nothing."""

    blocks: tuple["BlockRecord", ...]
    cipher: FileCipher | None
    owner: str


@dataclass(frozen=True, slots=True)
class TensorRecord:
    """Where a tensor lies. `start` and `end` count from the first byte after the header; `number`
    is its place among the tensors of the file, `tag` vouches for it in a sealed file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int
    crc32: int
    number: int
    tag: bytes | None


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """A block as the header describes it; its tensors lie side by side, in this order."""

    hash: BlockHash
    parent: BlockHash
    token_ids: tuple[int, ...]
    is_snapshot: bool
    tensors: tuple[TensorRecord, ...]

    @property
    def nbytes(self) -> int:
        return sum(record.end - record.start for record in self.tensors)


def tensors_in_order(block: ShelfBlock) -> list[tuple[str, HostTensor]]:
    """The widest elements first, so that every tensor of a block is aligned."""
    return sorted(block.tensors.items(), key=lambda item: (-ITEM_SIZES[item[1].dtype], item[0]))


def encode_file(
    blocks: Sequence[ShelfBlock], namespace: Namespace, seal: Seal | None = None, owner: str = ""
) -> tuple[bytes, Iterator[memoryview | bytes]]:
    """The bytes before the first tensor, length included, and those of the tensors, one by one.
    owner: the session that computed the blocks, or nothing."""
    described = _described(blocks)
    if seal is None:
        return _framed(_header(blocks, described, namespace, owner)), _plain(blocks)
    salt, cipher = seal.new_file()
    sealed: list[bytes] = []
    for block, entry in zip(blocks, described, strict=True):
        tags: dict[str, str] = {}
        for name, tensor in tensors_in_order(block):
            data, tag = cipher.seal_tensor(len(sealed), tensor.view)
            sealed.append(data)
            tags[name] = base64.b64encode(tag).decode()
        entry["tags"] = tags
    header = _header(blocks, described, namespace, owner)
    return _framed(seal.wrap(header, salt, cipher)), iter(sealed)


def _plain(blocks: Sequence[ShelfBlock]) -> Iterator[memoryview]:
    for block in blocks:
        for _, tensor in tensors_in_order(block):
            yield tensor.view


def _described(blocks: Sequence[ShelfBlock]) -> list[dict[str, object]]:
    return [
        {
            "hash": block.hash,
            "parent": block.parent,
            "token_ids": _pack(block.token_ids),
            "is_snapshot": block.is_snapshot,
            "crc32": {name: crc32(tensor.view) for name, tensor in tensors_in_order(block)},
        }
        for block in blocks
    ]


def _header(
    blocks: Sequence[ShelfBlock],
    described: list[dict[str, object]],
    namespace: Namespace,
    owner: str,
) -> bytes:
    entries: dict[str, object] = {}
    cursor = 0
    for index, block in enumerate(blocks):
        for name, tensor in tensors_in_order(block):
            end = cursor + tensor.data.nbytes
            entries[f"{index}.{name}"] = {
                "dtype": tensor.dtype,
                "shape": list(tensor.shape),
                "data_offsets": [cursor, end],
            }
            cursor = end
    metadata = {
        "format": FORMAT,
        "fingerprint": namespace.fingerprint,
        "kv_format": namespace.kv_format,
        "blocks": json.dumps(described, separators=(",", ":")),
        **({"owner": owner} if owner else {}),
    }
    return json.dumps({"__metadata__": metadata, **entries}, separators=(",", ":")).encode()


def _framed(text: bytes) -> bytes:
    text += b" " * (-len(text) % LENGTH_SIZE)
    return len(text).to_bytes(LENGTH_SIZE, "little") + text


def file_name(header: bytes) -> str:
    """The name of the file that begins with `header`: 64 hex digits and the suffix."""
    return hashlib.sha256(header).hexdigest() + SUFFIX


def decode_header(
    header: bytes, namespace: Namespace, data_size: int, seal: Seal | None = None
) -> Decoded:
    """What `header` (length included) says of a file that has `data_size` bytes behind it.

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
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"the header is malformed: {error!r}") from error
    if seal is not None and any(tensor.tag is None for r in records for tensor in r.tensors):
        raise ValueError("a tensor has no tag")
    return Decoded(records, cipher, str(metadata.get("owner", "")))


def _check_origin(metadata: dict[str, str], namespace: Namespace) -> None:
    if metadata["format"] != FORMAT:
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
        record = BlockRecord(
            BlockHash(str(block["hash"])),
            BlockHash(str(block["parent"])),
            token_ids,
            block["is_snapshot"] is True,
            _decode_tensors(index, block["crc32"], block.get("tags"), num_tensors, entries),
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
) -> tuple[TensorRecord, ...]:
    if not isinstance(checksums, dict):
        raise TypeError("crc32")
    records = []
    for number, (name, checksum) in enumerate(checksums.items(), num_before):
        tag = base64.b64decode(tags[name]) if isinstance(tags, dict) else None
        match entries[f"{index}.{name}"]:
            case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(i), int(j)]}:
                records.append(
                    TensorRecord(name, dtype, tuple(shape), i, j, int(checksum), number, tag)
                )
            case _:
                raise ValueError(f"the entry of tensor {index}.{name} is malformed")
    return tuple(records)


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


def _pack(token_ids: Sequence[int]) -> str:
    words = array("I", token_ids)
    if sys.byteorder == "big":
        words.byteswap()
    return base64.b64encode(words.tobytes()).decode()


def _unpack(text: str) -> tuple[int, ...]:
    words = array("I")
    words.frombytes(base64.b64decode(text, validate=True))
    if sys.byteorder == "big":
        words.byteswap()
    return tuple(words)
