"""Secrets that live in files of mode 600, in folders of mode 700."""

import os
import secrets
from pathlib import Path


def private_folder(path: Path) -> Path:
    """Make the folder, readable by its owner alone."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def private_secret(path: Path) -> str:
    """The secret in the file (64 hex digits), made on first use."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        secret = secrets.token_hex(32)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secret)
        return secret


def write_private(path: Path, content: bytes) -> None:
    """Replace the file in one step; nobody else can read it at any moment."""
    private_folder(path.parent)
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)
