"""Which model is served: the bundled one, a folder, or one of the hub."""

from dataclasses import dataclass
from pathlib import Path

from agent_memory import bundled
from agent_memory.device.model_files import check_model, fetch_model
from agent_memory.settings import Settings

BUNDLED = "tiny"


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model's folder, and the name it is served under."""

    folder: Path
    name: str


def resolve_model(settings: Settings) -> ServedModel:
    """Find the model, from the hub if need be.

    Raises `ModelNotUsable` when it is missing or broken; weights are not loaded here.
    """
    if settings.model == BUNDLED:
        folder = bundled.path()
    else:
        folder = fetch_model(settings.model, settings.home / "models")
    check_model(folder)
    return ServedModel(folder, settings.model)
