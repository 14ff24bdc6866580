"""All places in which words of a context could be left, and which of them hold given words."""

import base64
import logging
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson
from redis.asyncio import Redis

from agent_memory.store.backup.archive import Archive
from agent_memory.store.backup.making import DUMP, BackupSecrets, make_backup
from agent_memory.store.programs import find_programs

_NO_SECRETS = BackupSecrets(bytes(32), None, ())


@dataclass
class Told(logging.Handler):
    """Everything that was logged, whatever it is worth."""

    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(repr(record.__dict__) + record.getMessage())

    __hash__ = logging.Handler.__hash__


async def places(
    url: str, redis: str, folder: Path, told: Told, heard: list[object], sent: list[bytes]
) -> Mapping[str, bytes]:
    """Each place by its name. heard: frames; sent: bodies of webhooks."""
    return {
        "dump": _run("pg_dump", f"--dbname={url}"),
        "backup": _unpacked_backup(url, folder),
        "redis": await _redis(redis),
        "logs": "\n".join(told.lines).encode(),
        "database's log": _server_log(url),
        "frames": orjson.dumps(heard),
        "webhooks": b"\n".join(sent),
    }


def holding(found: Mapping[str, bytes], words: str) -> list[str]:
    """Those that hold `words`, as they are, in hex, or in base64 at any offset."""
    plain = words.encode()
    shifted = [base64.b64encode(bytes(offset) + plain)[4:-4] for offset in range(3)]
    forms = [plain, plain.hex().encode(), *shifted]
    return [name for name, data in found.items() if any(form in data for form in forms)]


def _unpacked_backup(url: str, folder: Path) -> bytes:
    path = folder / "one.backup"
    make_backup(url, path, _NO_SECRETS, "1.0", datetime.now(UTC))
    packed = b"".join(Archive.verified(path).read(DUMP))
    return packed + _run("pg_restore", "--file=-", given=packed)


def _run(program: str, *options: str, given: bytes = b"") -> bytes:
    command = (str(find_programs() / program), *options)
    return subprocess.run(command, input=given, check=True, capture_output=True).stdout


async def _redis(url: str) -> bytes:
    client = Redis.from_url(url)
    try:
        names = await client.keys()
        held = [*names, *[await client.get(name) for name in names]]
        return b"\n".join(value for value in held if isinstance(value, bytes))
    finally:
        await client.aclose()


def _server_log(url: str) -> bytes:
    folder = next(part for part in url.split() if part.startswith("passfile=")).partition("=")[2]
    return (Path(folder).parent / "server.log").read_bytes()
