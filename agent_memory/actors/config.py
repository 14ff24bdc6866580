"""Configuration that every actor of one runtime gets when it is made."""

from dataclasses import dataclass
from pathlib import Path

from agent_memory.settings import Settings


@dataclass(frozen=True, slots=True)
class RuntimeConfig:
    """One runtime. `secret` (32 bytes) admits to the byte streams between its actors.

    socket_dir: a short private folder, made on every node, for the Unix sockets of its actors.
    log_dir: where actors write their log lines (one file each).
    spans_nodes: actors also listen on TCP, on their node's address.
    secrets_key: 32 bytes that open what is sealed in the database.
    """

    settings: Settings
    database_url: str
    secret: bytes
    socket_dir: Path
    log_dir: Path
    spans_nodes: bool = False
    secrets_key: bytes = bytes(32)

    def socket(self, name: str) -> Path:
        return self.socket_dir / f"{name}.sock"

    def log_file(self, name: str) -> str:
        self.log_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(self.log_dir / f"{name}.log")
