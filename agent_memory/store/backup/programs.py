"""`pg_dump` and `pg_restore`, over a pipe."""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from agent_memory.errors import StorageUnavailable
from agent_memory.store.account import PROGRAM_ENVIRONMENT
from agent_memory.store.programs import find_programs, last_lines

_PIECE = 1024 * 1024
_SCHEMAS = ("--schema=agent_memory", "--schema=agent_memory_jobs")


def dumped(url: str, snapshot: str) -> Iterator[bytes]:
    """Our schemas as they are in the snapshot, in pg_dump's own format. `StorageUnavailable` after
    the last piece when the dump is not whole."""
    options = ("--format=custom", f"--snapshot={snapshot}", *_SCHEMAS)
    with _running("pg_dump", url, options, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101  it was asked for
        while piece := process.stdout.read(_PIECE):
            yield piece


def fill(url: str, pieces: Iterable[bytes]) -> None:
    """Restore a dump in one transaction. `StorageUnavailable` when nothing of it was restored."""
    options = ("--format=custom", "--single-transaction", "--exit-on-error")
    with _running("pg_restore", url, options, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101  it was asked for
        with suppress(BrokenPipeError):  # it ended early, and says why
            for piece in pieces:
                process.stdin.write(piece)


@contextmanager
def _running(
    name: str,
    url: str,
    options: Iterable[str],
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> Iterator["subprocess.Popen[bytes]"]:
    """The program, which must end well. A password of `url` is not shown to other users."""
    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    password = given.pop("password", None)
    environment = PROGRAM_ENVIRONMENT | ({} if password is None else {"PGPASSWORD": password})
    command = [str(find_programs() / name), f"--dbname={make_conninfo('', **given)}", *options]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603  our own arguments, no shell
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=said,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            for pipe in (process.stdout, process.stdin):
                _close(pipe)
            code = process.wait()
        if code != 0:
            said.seek(0)
            reason = last_lines(said.read().decode(errors="replace"))
            raise StorageUnavailable(f"{name} failed ({code}): {reason}")


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        with suppress(BrokenPipeError):
            pipe.close()
