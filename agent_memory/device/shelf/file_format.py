"""The layout of a shelf file: safetensors, with the blocks described in `__metadata__`.

Eight bytes of header length (little-endian), a JSON header padded with spaces to eight bytes, then
the tensors' bytes, block after block and without holes
(https://huggingface.co/docs/safetensors/index#format). The header holds a CRC-32 of every tensor,
and the file is named after the SHA-256 of the header: so the name vouches for the whole file. The
name of one that a fading key seals bears that key's id as well (see `fading_keys`).
Of a sealed file (see `sealing`) header and tensors are encrypted, and lie in the same places.
A snapshot may have the beginnings of its windows in earlier files (see `window_parts`): it names
them, and its checksums are those of whole windows, so it vouches for them as well.
"""

import base64
import hashlib
import json
import re
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zlib_ng.zlib_ng import crc32

from agent_memory.device.kv.host_tensor import ITEM_SIZES, HostTensor, ShelfBlock, num_bytes
from agent_memory.device.shelf.sealing import Seal
from agent_memory.device.shelf.window_parts import (
    WindowParts,
    is_window,
    last_tokens,
)
from agent_memory.ids import BlockHash

FORMAT = "agent_memory.shelf.1"
FORMAT_IN_PARTS = "agent_memory.shelf.2"
"""Of a file that does not hold all of its windows."""
SUFFIX = ".safetensors"
FILE_NAME = re.compile(r"[0-9a-f]{64}(\.(?P<key_id>[0-9a-f]{16}))?\.safetensors")
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
class TensorRecord:
    """Where a tensor lies. `start` and `end` count from the first byte after the header; `number`
    is its place among the tensors of the file, `tag` vouches for it in a sealed file. `whole` is
    the shape of the window of which the file holds the end, else `shape`; so `crc32`, too."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    whole: tuple[int, ...]
    start: int
    end: int
    crc32: int
    number: int
    tag: bytes | None


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """A block as the header describes it; its tensors lie side by side, in this order. parts: of
    its windows, where they are in several files."""

    hash: BlockHash
    parent: BlockHash
    token_ids: tuple[int, ...]
    is_snapshot: bool
    tensors: tuple[TensorRecord, ...]
    parts: WindowParts | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors, wherever they are."""
        return sum(num_bytes(record.dtype, record.whole) for record in self.tensors)

    @property
    def num_own_bytes(self) -> int:
        """Those in this file."""
        return sum(record.end - record.start for record in self.tensors)

    @property
    def num_earlier_bytes(self) -> int:
        """Bytes of the earlier files."""
        return 0 if self.parts is None else sum(part.nbytes for part in self.parts.earlier)


def tensors_in_order(block: ShelfBlock) -> list[tuple[str, HostTensor]]:
    """The widest elements first, so that every tensor of a block is aligned."""
    return sorted(block.tensors.items(), key=lambda item: (-ITEM_SIZES[item[1].dtype], item[0]))


def encode_file(
    blocks: Sequence[ShelfBlock], namespace: Namespace, seal: Seal | None = None, owner: str = ""
) -> tuple[bytes, Iterator[memoryview | bytes]]:
    """The bytes before the first tensor, length included, and those of the tensors, one by one.
    owner: the session that computed the blocks, or nothing."""
    return _encode(blocks, _described(blocks), namespace, seal, owner)


def encode_in_parts(
    block: ShelfBlock,
    parts: WindowParts,
    namespace: Namespace,
    seal: Seal | None = None,
    owner: str = "",
) -> tuple[bytes, Iterator[memoryview | bytes], int]:
    """As `encode_file`, a snapshot that has its windows in these parts; also how many bytes the
    tensors are in its own."""
    own = own_part(block, parts)
    (described,) = _described([block])
    described["windows"] = {
        "num_own": parts.num_own,
        "earlier": [[part.file, part.nbytes, part.num_tokens] for part in parts.earlier],
        "lengths": {n: t.shape[-2] for n, t in block.tensors.items() if is_window(n)},
    }
    header, tensors = _encode([own], [described], namespace, seal, owner)
    return header, tensors, own.nbytes


def own_part(block: ShelfBlock, parts: WindowParts) -> ShelfBlock:
    """The snapshot with the ends of its windows only."""
    tensors = {
        name: last_tokens(tensor, parts.num_own) if is_window(name) else tensor
        for name, tensor in block.tensors.items()
    }
    return replace(block, tensors=tensors)


def _encode(
    blocks: Sequence[ShelfBlock],
    described: list[dict[str, object]],
    namespace: Namespace,
    seal: Seal | None,
    owner: str,
) -> tuple[bytes, Iterator[memoryview | bytes]]:
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
    is_in_parts = any("windows" in entry for entry in described)
    metadata = {
        "format": FORMAT_IN_PARTS if is_in_parts else FORMAT,
        "fingerprint": namespace.fingerprint,
        "kv_format": namespace.kv_format,
        "blocks": json.dumps(described, separators=(",", ":")),
        **({"owner": owner} if owner else {}),
    }
    return json.dumps({"__metadata__": metadata, **entries}, separators=(",", ":")).encode()


def _framed(text: bytes) -> bytes:
    text += b" " * (-len(text) % LENGTH_SIZE)
    return len(text).to_bytes(LENGTH_SIZE, "little") + text


def file_name(header: bytes, key_id: str | None = None) -> str:
    """The name of the file that begins with `header`: 64 hex digits, the id of the fading key that
    seals it, if one does, and the suffix."""
    return hashlib.sha256(header).hexdigest() + (f".{key_id}" if key_id else "") + SUFFIX


def key_id_of(file: str) -> str | None:
    """The id of the fading key that seals a file, or that file of which this is a further name."""
    match = FILE_NAME.match(file)
    return match["key_id"] if match is not None else None


def path_of(folder: Path, file: str) -> Path:
    """Where a file lies below the folder of its namespace."""
    return folder / file[:2] / file


def _pack(token_ids: Sequence[int]) -> str:
    words = array("I", token_ids)
    if sys.byteorder == "big":
        words.byteswap()
    return base64.b64encode(words.tobytes()).decode()
