"""The file of a backup: a tar of the dump, the sealed key and, last, the manifest.

It is written beside its place under the name `<file>.part` and renamed when it is whole and on the
disk, so that a file of the right name is a whole backup.
"""

import hashlib
import os
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from agent_memory.disk_sync import sync, sync_folder
from agent_memory.errors import InvalidRequest, StorageUnavailable
from agent_memory.store.backup.manifest import Manifest, PartDigest

_MANIFEST = "manifest.json"
_CHECK = "manifest.sha256"
_PIECE = 1024 * 1024
_END = bytes(2 * tarfile.BLOCKSIZE)


class ArchiveWriter:
    """Parts are added one after the other, and the manifest at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.parts: dict[str, PartDigest] = {}

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """A part whose size need not be known before its last piece."""
        head, size, digest = self._file.tell(), 0, hashlib.sha256()
        self._file.write(bytes(tarfile.BLOCKSIZE))
        for piece in pieces:
            self._file.write(piece)
            digest.update(piece)
            size += len(piece)
        self._file.write(bytes(-size % tarfile.BLOCKSIZE))
        end = self._file.tell()
        self._file.seek(head)
        self._file.write(_header(name, size))
        self._file.seek(end)
        self.parts[name] = PartDigest(size, digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        text = manifest.as_json()
        self.add(_MANIFEST, [text])
        self.add(_CHECK, [hashlib.sha256(text).hexdigest().encode()])
        self._file.write(_END)


@contextmanager
def writing_archive(path: Path) -> Iterator[ArchiveWriter]:
    """The backup at `path` (mode 600), there after the block and only if nothing failed in it.
    `StorageUnavailable` when it cannot be written."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w+b") as file:
                yield ArchiveWriter(file)
                file.flush()
                sync(file.fileno())
            part.replace(path)
            sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise StorageUnavailable(f"The backup {path} cannot be written: {error}.") from error


class Archive:
    """A backup that was verified: every part is as it was written."""

    def __init__(self, path: Path, manifest: Manifest, places: dict[str, tarfile.TarInfo]) -> None:
        self._path = path
        self._places = places
        self.manifest = manifest

    @classmethod
    def verified(cls, path: Path) -> "Archive":
        """Reads all of it. `InvalidRequest` says what is wrong with it."""
        try:
            with tarfile.open(path, "r:") as tar:
                places = {member.name: member for member in tar.getmembers()}
                texts = [_whole(tar, places, name) for name in (_MANIFEST, _CHECK)]
        except (tarfile.TarError, OSError) as error:
            raise InvalidRequest(f"{path} is no readable backup: {error}.", "file") from error
        if hashlib.sha256(texts[0]).hexdigest().encode() != texts[1]:
            raise InvalidRequest(f"The manifest of {path} was changed.", "file")
        archive = cls(path, Manifest.read(texts[0]), places)
        for name in archive.manifest.parts:
            archive._check(name)
        return archive

    def has(self, name: str) -> bool:
        return name in self.manifest.parts

    def read(self, name: str) -> Iterator[bytes]:
        """The pieces of a part."""
        place = self._places[name]
        with self._path.open("rb") as file:
            file.seek(place.offset_data)
            left = place.size
            while left and (piece := file.read(min(left, _PIECE))):
                left -= len(piece)
                yield piece

    def _check(self, name: str) -> None:
        wanted, digest = self.manifest.parts[name], hashlib.sha256()
        if name in self._places:
            for piece in self.read(name):
                digest.update(piece)
        if digest.hexdigest() != wanted.sha256:
            raise InvalidRequest(
                f"{self._path} is damaged: the part {name} is not as it was written. Nothing was "
                "restored.",
                "file",
            )


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(time.time())
    return info.tobuf(tarfile.GNU_FORMAT)


def _whole(tar: tarfile.TarFile, places: dict[str, tarfile.TarInfo], name: str) -> bytes:
    found = tar.extractfile(places[name]) if name in places else None
    if found is None:
        raise tarfile.ReadError("it has no manifest, so it is not whole")
    return found.read()
