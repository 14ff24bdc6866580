"""How many turns decode together."""

from agent_memory.device.device_kind import device_kind
from agent_memory.settings import Settings

_ON_CPU, _ON_GPU = 16, 32
"""A GPU computes a token of many rows in hardly more time than one of a few."""


def most_rows(settings: Settings) -> int:
    """As the settings say, else what suits the device."""
    if settings.max_batch_size is not None:
        return settings.max_batch_size
    return _ON_CPU if device_kind().is_cpu else _ON_GPU
