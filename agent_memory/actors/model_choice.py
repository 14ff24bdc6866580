"""Which model is served: the bundled one, a folder, or one of the hub."""

from pathlib import Path

from agent_memory import bundled
from agent_memory.device.model_files import check_model, fetch_model
from agent_memory.settings import Settings

BUNDLED = "tiny"


def resolve_model(settings: Settings) -> tuple[Path, str]:
    """The model's folder and the name it is served under.

    Raises `ModelNotUsable` when it is missing or broken; weights are not loaded here.
    """
    if settings.model == BUNDLED:
        folder = bundled.path()
    else:
        folder = fetch_model(settings.model, settings.home / "models")
    check_model(folder)
    return folder, settings.model
