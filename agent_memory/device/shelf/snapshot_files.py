"""Snapshots in files that do not hold all of their windows."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from agent_memory.device.kv.host_tensor import HostTensor, ShelfBlock
from agent_memory.device.shelf.durable_file import make_folder, write_durably
from agent_memory.device.shelf.fading_keys import FadingKey
from agent_memory.device.shelf.file_format import (
    BlockRecord,
    Namespace,
    encode_in_parts,
    file_name,
    path_of,
)
from agent_memory.device.shelf.reader import read_header, read_tensors
from agent_memory.device.shelf.sealing import Seal
from agent_memory.device.shelf.window_links import link_path, links_to_make
from agent_memory.device.shelf.window_parts import (
    EarlierPart,
    WindowParts,
    num_window_tokens,
    parts_behind,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Before:
    """The file of an earlier snapshot of the same row, and by how many tokens it is earlier."""

    file: str
    num_tokens: int


@dataclass(frozen=True, slots=True)
class Written:
    """A snapshot's file, the bytes of its tensors in it, and how many earlier files it has."""

    file: str
    num_bytes: int
    num_earlier: int


class SnapshotFiles:
    """Those of one namespace, whose files are below `folder`. seal_of: with what a file is sealed;
    raises `ValueError` when that is forgotten."""

    def __init__(
        self, folder: Path, namespace: Namespace, seal_of: Callable[[str], Seal | None]
    ) -> None:
        self._folder = folder
        self._namespace = namespace
        self._seal_of = seal_of

    def write(
        self, block: ShelfBlock, owner: str, before: Before, key: FadingKey | None = None
    ) -> Written | None:
        """Write a snapshot durably after an earlier one of the same row. None when that cannot be
        done: this one has nothing of its windows, is not there, or the disk cannot link to it."""
        try:
            known = self._parts_of(before.file)
            shapes = {name: tensor.shape for name, tensor in block.tensors.items()}
            parts = parts_behind(known, num_window_tokens(shapes), before.num_tokens)
            if parts is None:
                return None
            return self._write(block, owner, parts, before.file, known, key)
        except (OSError, ValueError) as error:
            log.info("the windows of a snapshot are written whole: %s", error)
            return None

    def earlier(self, path: Path, record: BlockRecord) -> Iterator[Mapping[str, HostTensor]]:
        """What the earlier files of the snapshot at `path` hold, read one after another. Raises
        `OSError` or `ValueError` with the reason when one cannot be used."""
        for number, part in enumerate(record.parts.earlier if record.parts is not None else ()):
            fd = os.open(link_path(path, number), os.O_RDONLY)
            try:
                header = read_header(fd, part.file, self._namespace, self._seal_of(part.file))
                yield read_tensors(fd, header.blocks[0], header)
            finally:
                os.close(fd)

    def _write(
        self,
        block: ShelfBlock,
        owner: str,
        parts: WindowParts,
        before: str,
        known: tuple[EarlierPart, ...],
        key: FadingKey | None,
    ) -> Written:
        seal = self._seal_of(before) if key is None else key.seal
        header, tensors, num_bytes = encode_in_parts(block, parts, self._namespace, seal, owner)
        path = path_of(self._folder, file_name(header, None if key is None else key.key_id))
        make_folder(path.parent)
        links = links_to_make(path, parts, path_of(self._folder, before), known)
        write_durably(path, chain((header,), tensors), links)
        return Written(path.name, num_bytes, len(links))

    def _parts_of(self, file: str) -> tuple[EarlierPart, ...]:
        """A snapshot's file as a part of windows, and its earlier files, the last first."""
        fd = os.open(path_of(self._folder, file), os.O_RDONLY)
        try:
            header = read_header(fd, file, self._namespace, self._seal_of(file))
        finally:
            os.close(fd)
        record = header.blocks[0]
        if record.parts is not None:
            own = EarlierPart(file, header.nbytes, record.parts.num_own)
            return own, *record.parts.earlier
        shapes = {tensor.name: tensor.shape for tensor in record.tensors}
        return (EarlierPart(file, header.nbytes, num_window_tokens(shapes)),)
