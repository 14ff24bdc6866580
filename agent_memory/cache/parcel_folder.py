"""KV blocks that leave or enter the shelf of the engine's node, in files that travel in pieces."""

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.ids import new_id
from agent_memory.secrets_file import private_folder

PIECE_SIZE = 4 * 1024 * 1024
"""Bytes of a file that travel in one call."""
MAX_AGE_S = 3600.0
"""A parcel that nobody has finished with by then is thrown away."""

_NAME = re.compile(r"[0-9a-f]{64}\.safetensors")


@dataclass(frozen=True, slots=True)
class ParcelFile:
    name: str
    nbytes: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files that wait to be fetched, in `PIECE_SIZE` pieces."""

    parcel_id: str
    files: tuple[ParcelFile, ...]


class ParcelFolder:
    """Parcels in a folder beside the shelf, each a folder of files. Nothing outlives a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)

    def open(self) -> str:
        """A new, empty parcel."""
        self._throw_away_the_old()
        parcel_id = new_id("parcel")
        private_folder(self._folder / parcel_id)
        return parcel_id

    def folder(self, parcel_id: str) -> Path:
        """Where the files of a parcel lie; `NotFound` when it was thrown away."""
        folder = self._folder / parcel_id
        if not folder.is_dir():
            raise NotFound("parcel", parcel_id)
        return folder

    def describe(self, parcel_id: str) -> Parcel:
        """What there is to fetch."""
        paths = sorted(self.folder(parcel_id).iterdir(), key=lambda path: path.stat().st_mtime_ns)
        files = tuple(ParcelFile(path.name, path.stat().st_size) for path in paths)
        return Parcel(parcel_id, files)

    def fetch(self, parcel_id: str, name: str, offset: int) -> bytes:
        """The piece of a file that begins at byte `offset`."""
        with self._path(parcel_id, name).open("rb") as file:
            file.seek(offset)
            return file.read(PIECE_SIZE)

    def check_name(self, name: str) -> None:
        """Raise `InvalidRequest` for what no file of a parcel is called."""
        if _NAME.fullmatch(name) is None:
            raise InvalidRequest(f"'{name[:80]}' is not the name of a KV file.")

    def put(self, parcel_id: str, name: str, offset: int, piece: bytes) -> None:
        """Write a piece of a file; the same again changes nothing."""
        path = self._path(parcel_id, name)
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.seek(offset)
            file.write(piece)

    def close(self, parcel_id: str) -> None:
        """Throw a parcel away. One that is gone already is no matter."""
        shutil.rmtree(self._folder / parcel_id, ignore_errors=True)

    def _path(self, parcel_id: str, name: str) -> Path:
        self.check_name(name)
        return self.folder(parcel_id) / name

    def _throw_away_the_old(self) -> None:
        private_folder(self._folder)
        for folder in self._folder.iterdir():
            if time.time() - folder.stat().st_mtime > MAX_AGE_S:
                shutil.rmtree(folder, ignore_errors=True)
