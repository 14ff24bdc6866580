"""Errors that stay where they arise."""

from collections.abc import Callable
from types import TracebackType
from typing import Self


class Guard:
    """A block of code that hands any `Exception` it raises to `on_error` and then ends quietly."""

    def __init__(self, on_error: Callable[[Exception], object]) -> None:
        self._on_error = on_error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._on_error(error)
        return True
