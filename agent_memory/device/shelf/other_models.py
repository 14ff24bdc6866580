"""Files on the shelf of models that are not loaded now.

Every namespace of the shelf says whose it is in `<shelf>/<namespace>/origin.json`, so that the
blocks of a model can be found, and erased, while another one serves.
"""

import contextlib
import json
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.pool import BlockPool
from agent_memory.device.shelf.durable_file import make_folder, write_durably
from agent_memory.device.shelf.fading_keys import FadingKeys
from agent_memory.device.shelf.file_format import SUFFIX, Namespace
from agent_memory.device.shelf.journal import ShelfJournal
from agent_memory.device.shelf.sealing import Seal
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.device.shelf.window_links import links_of, remove_links
from agent_memory.ids import BlockOwner, WorkspaceId

_ORIGIN = "origin.json"


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    nbytes: int
    used_at: float


class OtherModels:
    """The namespaces of `folder` beside `own`. Not thread-safe: one owner calls it.

    They share the shelf's budget with the loaded model and give way to it, the files used longest
    ago first. They are looked through once: nothing is added to them while `own` is served.
    """

    def __init__(
        self,
        folder: Path,
        own: Namespace | None,
        key: bytes | None,
        fading: FadingKeys | None = None,
    ) -> None:
        """own: None where no model is loaded. key: that of the shelf, if it is encrypted. fading:
        the keys of what is not to last."""
        self._folder = folder
        self._own = own
        self._key = key
        self._fading = fading
        self._journal = ShelfJournal(folder / "journal.jsonl")
        self._files = deque(sorted(self._scan(), key=lambda file: file.used_at))
        self._nbytes = sum(file.nbytes for file in self._files)
        if own is not None:
            _write_origin(folder / own.folder, own)

    @property
    def nbytes(self) -> int:
        """Bytes of their files."""
        return self._nbytes

    def make_room(self, num_own: int, budget: int) -> int:
        """Delete files until theirs and `num_own` bytes of our own fit into `budget`; returns how
        many."""
        num_deleted = 0
        while self._files and self._nbytes + num_own > budget:
            file = self._files.popleft()
            self._nbytes -= file.nbytes
            num_deleted += 1
            with contextlib.suppress(OSError):
                file.path.unlink()
                remove_links(file.path)
                self._journal.append("deleted", file.path.name, namespace=file.path.parts[-3])
        return num_deleted

    def erase(
        self, workspace: WorkspaceId, owner: BlockOwner, sequences: Sequence[Sequence[int]]
    ) -> None:
        """Delete the blocks that a deleted session computed, and those that hold these sequences of
        it or pieces of them."""
        for namespace, shelf in self._shelves():
            root = root_hash(namespace.fingerprint, namespace.kv_format, workspace)
            pool = BlockPool(1, 1, sys.maxsize, sys.maxsize, time.time)
            pool.adopt_shelf(shelf.scan())
            for file in pool.forget_owner(owner):
                shelf.delete(file)
            for tokens in sequences:
                for file in pool.forget_sequence(owner, root, tokens):
                    shelf.delete(file)

    def _shelves(self) -> Iterator[tuple[Namespace, Shelf]]:
        """Those that this key can read."""
        key_id = None if self._key is None else Seal(self._key).key_id
        for path in sorted(self._folder.glob(f"*/{_ORIGIN}")):
            try:
                origin = json.loads(path.read_bytes())
                namespace = Namespace(str(origin["fingerprint"]), str(origin["kv_format"]), key_id)
            except (OSError, ValueError, LookupError, TypeError):
                continue
            if namespace.folder == path.parent.name and namespace != self._own:
                made_for = (namespace.fingerprint, namespace.kv_format)
                yield namespace, Shelf(self._folder, *made_for, self._key, self._fading)

    def _scan(self) -> Iterator[_File]:
        for path in self._folder.glob(f"*/*/*{SUFFIX}"):
            if self._own is None or path.parent.parent.name != self._own.folder:
                with contextlib.suppress(OSError):
                    stat = path.stat()
                    num_earlier = sum(link.stat().st_size for link in links_of(path))
                    yield _File(path, stat.st_size + num_earlier, stat.st_mtime)


def _write_origin(folder: Path, own: Namespace) -> None:
    make_folder(folder)
    path = folder / _ORIGIN
    if not path.exists():
        origin = {"fingerprint": own.fingerprint, "kv_format": own.kv_format}
        write_durably(path, [json.dumps(origin).encode()])
