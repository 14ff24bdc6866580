"""What a scripted upstream does with a request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool; `arguments` is JSON text."""

    name: str
    arguments: str
    id: str = "call_1"


@dataclass(frozen=True, slots=True)
class Say:
    """Answer. text: streamed word by word, with a pause of `pause_s` between, after `wait_s`.

    cut_after: hang up after so many events; None: never. error_after: send an error event then.
    """

    text: str = "Paris is the capital."
    thinking: str = ""
    signature: str = ""
    calls: Sequence[Call] = ()
    stop: str = ""
    wait_s: float = 0.0
    pause_s: float = 0.0
    cut_after: int | None = None
    error_after: int | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer with an error. retry_after: of the header."""

    status: int
    message: str = "It failed."
    retry_after: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """Send these bytes, as they are. pieces: cut there."""

    data: bytes
    content_type: str = "text/event-stream"
    status: int = 200
    piece: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Hang:
    """Say nothing for so long."""

    seconds: float = 3600.0


Act = Say | Fail | Raw | Hang


@dataclass(slots=True)
class Received:
    """A request as it came. is_hung_up: the client left before the end."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    is_hung_up: bool = False
    hung_up_at: float = 0.0
    cached_tokens: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
