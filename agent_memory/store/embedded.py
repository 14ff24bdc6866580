"""A PostgreSQL of our own in the data directory, for whoever sets no `DATABASE_URL`."""

from pathlib import Path
from urllib.parse import quote

from agent_memory.errors import StorageUnavailable
from agent_memory.store.account import Account, choose_account
from agent_memory.store.cluster import DATABASE, SUPERUSER, Cluster
from agent_memory.store.folder_lock import FolderLock
from agent_memory.store.passage import grant_passage, grant_reading
from agent_memory.store.postmaster import Postmaster, launch, stop_leftover
from agent_memory.store.programs import find_programs
from agent_memory.store.socket_folder import make_socket_folder

_MAX_LOG_BYTES = 10 * 1024 * 1024


class EmbeddedPostgres:
    """PostgreSQL 18 with pgvector in one folder, reached through a socket there and nowhere else.

        folder/data      PostgreSQL's files         folder/run         its socket
        folder/password  the superuser's (0600)     folder/server.log  what it says
        folder/lock      held while a process owns the folder

    It belongs to the process that started it, and ends with it. Where it has not ended yet, or its
    watcher was killed too, the next start ends it and begins again. Nothing is registered to run at
    exit: call `stop`.
    """

    def __init__(self, folder: Path, lock_timeout_s: float = 5.0) -> None:
        self._folder = folder.expanduser().resolve()
        self._lock_timeout_s = lock_timeout_s
        self._lock = FolderLock(self._folder / "lock")
        self._sockets = self._folder / "run"
        self._postmaster: Postmaster | None = None

    @classmethod
    def start(cls, folder: Path) -> "EmbeddedPostgres":
        """A running server on `folder`, made when it does not exist (about 1.5 s; then 0.2 s).

        Blocks. `StorageUnavailable` when another process owns the folder or it does not come up.
        """
        server = cls(folder)
        server.ensure_running()
        return server

    @property
    def url(self) -> str:
        """For libpq. It names the file with the password and holds none itself."""
        query = f"host={_quoted(self._sockets)}&port=5432&passfile={_quoted(self._passfile)}"
        return f"postgresql://{SUPERUSER}@/{DATABASE}?{query}"

    @property
    def is_running(self) -> bool:
        return self._postmaster is not None and self._postmaster.is_running

    @property
    def pid(self) -> int | None:
        """Of the server process, while there is one."""
        return self._postmaster.process.pid if self._postmaster is not None else None

    def ensure_running(self) -> None:
        """Start the server unless it runs; also after it died on its own. Blocks."""
        if self.is_running:
            return
        if self._postmaster is not None:
            self._postmaster.stop()
            self._postmaster = None
        account = self._prepare_folder()
        self._lock.acquire(self._lock_timeout_s)
        try:
            self._launch(account)
        except BaseException:
            self._lock.release()
            raise

    def stop(self) -> None:
        """End the server cleanly and give the folder up. Harmless when it is not running."""
        if self._postmaster is not None:
            self._postmaster.stop()
            self._postmaster = None
        self._lock.release()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _passfile(self) -> Path:
        return self._folder / "password"

    def _prepare_folder(self) -> Account:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            account = choose_account(self._data)
            self._folder.chmod(0o700 if account.uid is None else 0o711)
        except OSError as error:
            raise StorageUnavailable(f"The folder {self._folder} is unusable: {error}.") from error
        return account

    def _launch(self, account: Account) -> None:
        programs = find_programs()
        grant_reading(programs, account)
        grant_passage(self._data, account)
        self._sockets = make_socket_folder(self._folder / "run", account)
        stop_leftover(self._data, self._sockets)
        Cluster(programs, self._data, self._passfile, account).ensure()
        self._postmaster = launch(programs, self._data, self._sockets, self._open_log(), account)

    def _open_log(self) -> Path:
        """The log of the server, begun again when it has grown."""
        log = self._folder / "server.log"
        log.touch(mode=0o600)
        if log.stat().st_size > _MAX_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        return log


def _quoted(path: Path) -> str:
    return quote(str(path), safe="")
