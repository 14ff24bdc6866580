"""Which model is served: the bundled one, a folder, or one of the hub."""

from dataclasses import dataclass
from pathlib import Path

from agent_memory import bundled
from agent_memory.device.models.model_facts import ModelFacts, read_facts
from agent_memory.device.models.model_files import check_model, fetch_model, find_model
from agent_memory.errors import ModelNotUsable
from agent_memory.settings import Settings

BUNDLED = "tiny"


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model's folder, and the name it is served under."""

    folder: Path
    name: str


def resolve_model(settings: Settings, name: str | None = None) -> ServedModel:
    """Find a model, that of the settings by default, from the hub if need be.

    Raises `ModelNotUsable` when it is missing or broken; weights are not loaded here.
    """
    name = name or settings.model
    folder = bundled.path() if name == BUNDLED else fetch_model(name, settings.home / "models")
    check_model(folder)
    return ServedModel(folder, name)


def read_model_facts(settings: Settings, name: str) -> ModelFacts | None:
    """What is known of a model without loading or fetching it; None when that is nothing."""
    cache = settings.home / "models"
    folder = bundled.path() if name == BUNDLED else find_model(name, cache)
    try:
        return None if folder is None else read_facts(folder, settings.context_window)
    except ModelNotUsable:
        return None
