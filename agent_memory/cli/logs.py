"""`agent-memory logs`: what the processes of a server have written, in the order of time."""

import heapq
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, printable
from agent_memory.errors import NotFound

app = typer.Typer()

_LEVELS = ("debug", "info", "warning", "error", "critical")
_OWN = frozenset({"time", "level", "actor", "logger", "message", "request_id", "exception"})
_POLL_S = 0.5
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are shown."""

    level: str
    request: str | None

    def has(self, entry: Entry) -> bool:
        level = str(entry.get("level"))
        is_loud = level not in _LEVELS or _LEVELS.index(level) >= _LEVELS.index(self.level)
        return is_loud and self.request in {None, entry.get("request_id")}


@app.command()
def logs(
    part: Annotated[
        str | None,
        typer.Argument(
            metavar="PART", help="gateway, engine, sessions, … (default: all).", show_default=False
        ),
    ] = None,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many at the end.")] = 40,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on with what is written from now on.")
    ] = False,
    request: Annotated[
        str | None,
        typer.Option(help="Of this request alone (its X-Request-ID).", show_default=False),
    ] = None,
    level: Annotated[str, typer.Option(help="The least level: debug to critical.")] = "info",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the logs of the server of the data directory, running or not.

    With --json each line is the object that was written.
    """
    folder = load_settings(data_dir=data_dir).home / "logs"
    files = sorted(folder.glob(f"{part or '*'}.log"))
    if not files:
        raise NotFound("log", f"{folder}/{part or '*'}.log")
    wanted = Wanted(level.lower() if level.lower() in _LEVELS else "info", request)
    tails = [Tail(file) for file in files]
    entries = (entry for entry in merged(tails) if wanted.has(entry))
    for entry in heapq.nlargest(lines, enumerate(entries), key=lambda each: each[0])[::-1]:
        _show(entry[1], as_json=as_json)
    while follow:
        time.sleep(_POLL_S)
        for later in merged(tails):
            if wanted.has(later):
                _show(later, as_json=as_json)


class Tail:
    """Reads a file from its beginning, and again what was added to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def entries(self) -> Iterator[Entry]:
        """The whole lines since the last time. A file that became shorter is read anew."""
        try:
            if self._path.stat().st_size < self._at:
                self._at = 0
            with self._path.open("rb") as file:
                file.seek(self._at)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    self._at += len(line)
                    if (entry := _entry(line)) is not None:
                        yield entry
        except OSError:
            return


def merged(tails: list[Tail]) -> Iterator[Entry]:
    """The entries of all files by their time."""
    return heapq.merge(*(tail.entries() for tail in tails), key=lambda entry: str(entry["time"]))


def line_of(entry: Entry) -> str:
    """`12:00:01 gateway    info  request  route=/v1/messages status=200`, in the time of here."""
    at = datetime.fromisoformat(str(entry["time"])).astimezone()
    more = " ".join(f"{key}={value}" for key, value in entry.items() if key not in _OWN)
    told = f"{at:%H:%M:%S} {entry.get('actor', '')!s:<12} {entry.get('level', '')!s:<7} "
    text = f"{told}{entry.get('message', '')}  {more}".rstrip()
    exception = entry.get("exception")
    return f"{text}\n{exception}" if exception else text


def _entry(line: bytes) -> Entry | None:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) and "time" in entry else None


def _show(entry: Entry, *, as_json: bool) -> None:
    text = orjson.dumps(entry).decode() if as_json else printable(line_of(entry))
    console().print(text, markup=False, highlight=False, soft_wrap=True)
