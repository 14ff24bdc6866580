"""`agent-memory contexts export | import`: contexts in files of lines."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json
from agent_memory.contexts.lines import Compression, compressed, lines_of
from agent_memory.contexts.service.travel import ImportMode
from agent_memory.errors import InvalidRequest
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

Workspace = Annotated[str, typer.Option(help="Workspace of the contexts.")]
_CONTEXTS_AT_ONCE = 100
_BYTES_AT_ONCE = 1024 * 1024
_BY_SUFFIX = {".gz": Compression.GZIP, ".zst": Compression.ZSTD}
_COUNTS = ("imported", "versions", "skipped", "expired")


def export(
    file: Annotated[Path, typer.Argument(help="File to write, or - for standard output.")],
    prefix: Annotated[str, typer.Option(help="Beginning of the keys.")] = "",
    versions: Annotated[bool, typer.Option("--versions", help="All that are kept.")] = False,
    decrypt: Annotated[bool, typer.Option("--decrypt", help="Write encrypted ones open.")] = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write contexts as lines of JSON; a name that ends in .gz or .zst is compressed."""
    is_pipe = str(file) == "-"
    query = {"prefix": prefix, "versions": str(versions).lower(), "decrypt": str(decrypt).lower()}

    async def work(memory: MemoryApi) -> int:
        counter = _Counter(shows=not (as_json or is_pipe))
        with counter, _writing(file) as target:
            lines = _exported(memory, query, counter)
            async for piece in compressed(lines, _BY_SUFFIX.get(file.suffix, Compression.NONE)):
                target.write(piece)
        return counter.num_contexts

    num_contexts = with_memory(load_settings(data_dir=data_dir), workspace, work)
    if as_json and not is_pipe:
        print_json({"exported": num_contexts})
    elif not is_pipe:
        console().print(f"Exported {num_contexts} contexts to {file}.", soft_wrap=True)


def import_(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="An export; - is a pipe.")],
    mode: Annotated[
        ImportMode, typer.Option(help="What happens to a key that exists.")
    ] = ImportMode.FAIL,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write what an export holds, plain or compressed. Each version of a key becomes a version."""

    async def work(memory: MemoryApi) -> dict[str, int]:
        report = dict.fromkeys(_COUNTS, 0)
        with _Counter(shows=not as_json) as counter, _reading(file) as source:
            async for chunk in _chunks(lines_of(_pieces(source))):
                path = "/v1/contexts/import"
                done = await memory.send("POST", path, chunk, None, [("mode", mode.value)])
                counts = orjson.loads(done)
                report = {name: report[name] + counts[name] for name in _COUNTS}
                counter.show(report["imported"] + report["skipped"])
        return report

    settings = load_settings(data_dir=data_dir)
    report = with_memory(settings, workspace, work, may_create=True)
    if as_json:
        print_json(report)
        return
    console().print(
        f"Imported {report['imported']} contexts with {report['versions']} versions; "
        f"{report['skipped']} were skipped, {report['expired']} had expired."
    )


class _Counter:
    """Shows how far it has come, on a terminal, on standard error."""

    def __init__(self, *, shows: bool) -> None:
        err = Console(stderr=True)
        self.num_contexts = 0
        self._progress = Progress(
            TextColumn("{task.completed} contexts"),
            TimeElapsedColumn(),
            console=err,
            disable=not (shows and err.is_terminal),
            transient=True,
        )
        self._task = self._progress.add_task("contexts", total=None)

    def show(self, num_contexts: int) -> None:
        self.num_contexts = num_contexts
        self._progress.update(self._task, completed=num_contexts)

    def __enter__(self) -> "_Counter":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


async def _exported(
    memory: MemoryApi, query: dict[str, str], counter: _Counter
) -> AsyncIterator[bytes]:
    """Lines, fetched some contexts at a time."""
    after: str | None = None
    while True:
        params = {**query, "limit": str(_CONTEXTS_AT_ONCE)}
        if after is not None:
            params["after"] = after
        part = await memory.send("GET", "/v1/contexts/export", params=list(params.items()))
        lines = part.splitlines(keepends=True)
        if not lines:
            return
        keys = {_key(line) for line in lines}
        counter.show(counter.num_contexts + len(keys))
        for line in lines:
            yield line
        if len(keys) < _CONTEXTS_AT_ONCE:
            return
        after = _key(lines[-1])


async def _chunks(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines to be sent together: never some versions of a context without the others."""
    chunk: list[bytes] = []
    num_bytes, last = 0, ""
    async for line in lines:
        key = _key(line)
        if num_bytes >= _BYTES_AT_ONCE and key != last:
            yield b"\n".join(chunk)
            chunk, num_bytes = [], 0
        chunk.append(line)
        num_bytes, last = num_bytes + len(line), key
    if chunk:
        yield b"\n".join(chunk)


def _key(line: bytes) -> str:
    try:
        return str(orjson.loads(line)["key"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InvalidRequest(f"A line is no exported context: {error}", "file") from error


async def _pieces(source: BinaryIO) -> AsyncIterator[bytes]:
    while piece := source.read(64 * 1024):
        yield piece


@contextmanager
def _reading(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(file).open("rb") as source:
            yield source
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be read: {error.strerror}.", "file") from error


@contextmanager
def _writing(file: Path) -> Iterator[Any]:
    """A file that is there whole or not at all."""
    if str(file) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    staging = file.with_name(f"{file.name}.part")
    try:
        with staging.open("wb") as target:
            yield target
        staging.replace(file)
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be written: {error.strerror}.", "file") from error
    finally:
        staging.unlink(missing_ok=True)
