"""Keys that the server makes by itself and forgets after a time; what they sealed is gone then.

`<folder>/<key id>.json`, mode 600, has one key, with the times at which it was made and is to be
forgotten. The names of the files that it seals bear its id, so that they are found without being
read.
"""

import contextlib
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent_memory.device.shelf.durable_file import TMP_SUFFIX, make_folder, write_durably
from agent_memory.device.shelf.file_format import key_id_of
from agent_memory.device.shelf.sealing import KEY_SIZE, Seal
from agent_memory.disk_sync import sync_folder

KEYS_FOLDER = "keys"
MAX_SEALING_S = 24 * 3600.0
"""A key seals for a day at most, and for half of the time that it is kept."""
_INFO = b"agent_memory.fading_key.1"
_NAME = re.compile(r"[0-9a-f]{16}\.json")


@dataclass(frozen=True, slots=True)
class FadingKey:
    """key_id: in the names of the files that it seals. Times in Unix seconds."""

    key_id: str
    seal: Seal
    made_at: float
    fades_at: float


class FadingKeys:
    """The keys below `<shelf folder>/keys`. Several processes and threads may use the same ones.

    keep_s: a key is forgotten so long after it was made; 0: there are none, and nothing is to be
    written. Where this was set to less, it holds for the keys that there are. shelf_key: without it
    a key opens nothing.
    """

    def __init__(
        self,
        shelf_folder: Path,
        keep_s: float,
        shelf_key: bytes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._shelf_folder = shelf_folder
        self._folder = shelf_folder / KEYS_FOLDER
        self._keep_s = keep_s
        self._shelf_key = shelf_key
        self._clock = clock
        self._known: dict[str, FadingKey] = {}
        self._lock = threading.Lock()

    def current(self) -> FadingKey | None:
        """The key to seal with now, made if need be; None where nothing is to be written. Raises
        `OSError` when it cannot be kept."""
        if not self._keep_s:
            return None
        with self._lock:
            now = self._clock()
            if (key := self._sealing_at(now)) is None:
                self._look()
                key = self._sealing_at(now)
            return self._make(now) if key is None else key

    def find(self, key_id: str) -> FadingKey | None:
        """The key of that id, if it is not forgotten."""
        with self._lock:
            if key_id not in self._known:
                self._look()
            key = self._known.get(key_id)
            return None if key is None or key.fades_at <= self._clock() else key

    def forget_due(self) -> None:
        """Erase the keys whose time has come, and what they have sealed, of whichever model."""
        with self._lock:
            self._look()
            now = self._clock()
            for key in [key for key in self._known.values() if key.fades_at <= now]:
                self._erase(self._folder / f"{key.key_id}.json")
            sealed = list(self._sealed_files())
            self._look()  # A key that was made meanwhile is older than any file of its.
            for path in sealed:
                if key_id_of(path.name) not in self._known:
                    path.unlink(missing_ok=True)

    def _sealing_at(self, now: float) -> FadingKey | None:
        """The youngest key, if it is young enough to seal."""
        youngest = max(self._known.values(), key=lambda key: key.made_at, default=None)
        seals_for = min(MAX_SEALING_S, self._keep_s / 2)
        is_young = youngest is not None and 0 <= now - youngest.made_at < seals_for
        return youngest if is_young else None

    def _look(self) -> None:
        """Learn of keys that another process has made or forgotten."""
        found: dict[str, FadingKey] = {}
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            if _NAME.fullmatch(path.name):
                with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
                    found[path.stem] = self._known.get(path.stem) or self._read(path)
        self._known = found

    def _read(self, path: Path) -> FadingKey:
        said = json.loads(path.read_bytes())
        made_at, fades_at = float(said["made_at"]), float(said["fades_at"])
        return self._key(bytes.fromhex(said["key"]), made_at, min(fades_at, made_at + self._keep_s))

    def _make(self, now: float) -> FadingKey:
        make_folder(self._folder)
        raw = os.urandom(KEY_SIZE)
        key = self._key(raw, now, now + self._keep_s)
        said = {"key": raw.hex(), "made_at": now, "fades_at": key.fades_at}
        write_durably(self._folder / f"{key.key_id}.json", [json.dumps(said).encode()])
        self._known[key.key_id] = key
        return key

    def _key(self, raw: bytes, made_at: float, fades_at: float) -> FadingKey:
        key_id = hashlib.sha256(_INFO + raw).hexdigest()[:16]
        derive = HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=self._shelf_key, info=_INFO)
        return FadingKey(key_id, Seal(derive.derive(raw)), made_at, fades_at)

    def _erase(self, path: Path) -> None:
        """Write over a key before its file goes: some disks keep what no file has."""
        with contextlib.suppress(FileNotFoundError):
            fd = os.open(path, os.O_WRONLY)
            try:
                os.pwrite(fd, b"\0" * os.fstat(fd).st_size, 0)
                os.fsync(fd)
            finally:
                os.close(fd)
            path.unlink()
            sync_folder(path.parent)

    def _sealed_files(self) -> Iterator[Path]:
        """Those of all models, with their further names, in quarantine too. What is being written
        is its writer's."""
        for pattern in ("*/*/*.safetensors*", "quarantine/*.safetensors*"):
            for path in self._shelf_folder.glob(pattern):
                if path.suffix != TMP_SUFFIX and key_id_of(path.name) is not None:
                    yield path
