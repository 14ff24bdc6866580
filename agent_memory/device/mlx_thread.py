"""The one thread that owns MLX: streams and arrays of MLX belong to the thread that made them."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

from agent_memory.device.thread_end import wait_until_gone
from agent_memory.engine.guard import Guard

T = TypeVar("T")

log = logging.getLogger(__name__)


class Machine(Protocol):
    """What the thread keeps running."""

    @property
    def has_work(self) -> bool: ...

    def turn(self) -> None:
        """Do a step, if there is one to do, and tell of everything that has happened."""
        ...

    def stop(self) -> None:
        """Bring everything to its end; what is left to do comes as commands."""
        ...

    def finish(self) -> None:
        """Let go of everything, now that it has come to its end."""
        ...

    def die(self, error: BaseException) -> None:
        """It is not turned any more: tell everyone who waits."""
        ...


class MlxThread:
    """Takes commands from any thread and turns its machine for as long as it has work."""

    def __init__(self) -> None:
        self._commands: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._machine: Machine | None = None
        self._is_stopping = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="mlx", daemon=True)
        self._thread.start()

    @property
    def is_well(self) -> bool:
        """The machine is being turned, or can be."""
        return self._error is None and self._thread.is_alive()

    def call(self, function: Callable[[], T]) -> T:
        """Run `function` there and wait for what it returns or raises."""
        future: Future[T] = Future()

        def command() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001  it is raised where it was asked for
                future.set_exception(error)

        self._commands.put(command)
        return future.result()

    def post(self, command: Callable[[], None]) -> None:
        """Have `command` done there soon."""
        self._commands.put(command)

    def run(self, machine: Machine) -> None:
        """Turn `machine` from now on."""
        self._commands.put(lambda: setattr(self, "_machine", machine))

    def stop(self) -> None:
        """Stop the machine, do what is left of the commands, and end the thread."""
        self._commands.put(self._stop)
        self._thread.join()
        wait_until_gone(self._thread)

    def _stop(self) -> None:
        if self._machine is not None:
            self._machine.stop()
        self._is_stopping = True

    def _run(self) -> None:
        while not self._is_stopping:
            self._turn()
        self._empty()
        if self._machine is not None:
            with Guard(self._fail):
                self._machine.finish()
            self._empty()

    def _empty(self) -> None:
        while not self._commands.empty():
            self._turn()

    def _turn(self) -> None:
        with Guard(self._fail):
            self._do_commands()
            if self._machine is not None and self._error is None:
                self._machine.turn()
        if self._error is not None and self._machine is not None:
            self._machine.die(self._error)

    def _fail(self, error: Exception) -> None:
        """Nothing is computed any more, but whoever asks is told so."""
        log.critical("the engine has failed and stops computing", exc_info=error)
        self._error = self._error or error

    def _do_commands(self) -> None:
        """All that are there; waits for one when there is nothing else to do."""
        is_idle = self._machine is None or self._error is not None or not self._machine.has_work
        try:
            self._commands.get(block=is_idle)()
            while True:
                self._commands.get_nowait()()
        except Empty:
            return
