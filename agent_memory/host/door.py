"""The server's port, which always answers."""

import socket
import threading
from contextlib import suppress
from types import TracebackType

import psutil

from agent_memory.host.preflight import somebody_listens
from agent_memory.host.stand_in import StandIn, open_listener

LOOK_S = 0.5
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  where to look, not to listen
_UNREADABLE = (psutil.Error, OSError, RuntimeError)
"""What psutil raises of processes that end while it reads; the next look reads again."""


class Door:
    """Watches whether something listens at `host` and `port`, and stands in for it otherwise.

    listener: one that was handed over by the server before this one.
    """

    def __init__(self, host: str, port: int, listener: socket.socket | None = None) -> None:
        self._host = host
        self._port = port
        self._stand_in = None if listener is None else StandIn(listener)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Door":
        if self._stand_in is not None:
            self.watch()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_watching()
        if self._stand_in is not None:
            self._stand_in.close()
            self._stand_in = None

    def watch(self) -> None:
        """Begin, if it has not begun yet."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="door", daemon=True)
            self._thread.start()

    def hand_over(self) -> StandIn | None:
        """Answers until this process ends, at a socket for the next server; the caller's from now
        on. None where the port is another's."""
        self._stop_watching()
        stand_in, self._stand_in = self._stand_in, None
        if stand_in is None:
            with suppress(OSError):
                stand_in = StandIn(open_listener(self._host, self._port))
        return stand_in

    def _stop_watching(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_S):
            if self._stand_in is None:
                self._stand_in = self._stand_in_if_needed()
            elif self._another_listens():
                self._stand_in.close()
                self._stand_in = None

    def _stand_in_if_needed(self) -> StandIn | None:
        if somebody_listens(_EVERYWHERE.get(self._host, self._host), self._port):
            return None
        try:
            return StandIn(open_listener(self._host, self._port))
        except OSError:  # somebody has come in between
            return None

    def _another_listens(self) -> bool:
        try:
            children = psutil.Process().children(recursive=True)
        except _UNREADABLE:
            return False
        return any(map(self._listens, children))

    def _listens(self, process: psutil.Process) -> bool:
        try:
            connections = process.net_connections("tcp")
        except _UNREADABLE:
            return False
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == self._port
            for connection in connections
        )
