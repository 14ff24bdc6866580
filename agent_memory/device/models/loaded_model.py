"""Which model an engine's process had, for the one that takes its place when it dies.

<data_dir>/run/engine.json   {"serving": "A", "loading": "B"}
"""

import logging
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError

from agent_memory.secrets_file import private_folder, write_private

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """`serving`: None when it was offloaded. `loading`: what was to take its place at that moment;
    a process that died then is to load the other one."""

    serving: str | None
    loading: str | None = None


_RECORD = TypeAdapter(LoadedModel)


def write_loaded_model(home: Path, record: LoadedModel) -> None:
    """Keep it. A disk that is full is no reason not to serve."""
    try:
        private_folder(home / "run")
        write_private(_path(home), orjson.dumps(asdict(record)))
    except OSError as error:
        log.warning("which model is loaded is not kept", extra={"reason": str(error)})


def read_loaded_model(home: Path) -> LoadedModel | None:
    """What was kept last; None when nothing was, or nothing readable."""
    try:
        return _RECORD.validate_json(_path(home).read_bytes())
    except (OSError, ValidationError):
        return None


def _path(home: Path) -> Path:
    return home / "run" / "engine.json"
