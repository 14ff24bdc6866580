"""Messages of a starting server to the person who started it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Banner:
    """What a person needs to know once the server is ready.

    key: the API key made on the first start, shown this once; None on every later start.
    model_notes: what there is to say about the model ("random weights: it babbles").
    engine_notes: what there is to say about the device ("OpenBLAS not found …").
    seconds: from the start of the command until the server was ready.
    """

    url: str
    key: str | None
    model: str
    model_notes: tuple[str, ...]
    data_dir: str
    seconds: float
    engine_notes: tuple[str, ...] = ()


class Reporter(Protocol):
    """Where a starting and stopping server reports to. Calls come from one thread, in order."""

    def step(self, text: str) -> None:
        """The next stage has begun, and the one before it is done: "Starting PostgreSQL"."""
        ...

    def ready(self, banner: Banner) -> None:
        """Every stage is done and requests are served."""
        ...

    def note(self, text: str) -> None:
        """Something worth saying that ends no stage."""
        ...

    def error(self, text: str) -> None:
        """The server cannot start, or stopped unasked; `text` is one sentence with the remedy."""
        ...
