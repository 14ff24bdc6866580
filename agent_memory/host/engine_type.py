"""The engine of this node, imported in the process that runs it."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_memory.device.engine import MlxEngine


def engine_type() -> "type[MlxEngine]":
    """MLX and what stands on it are imported here and not with this module, which the server's own
    process imports as well: they take seconds, and lower their process's limit on open files."""
    module = importlib.import_module("agent_memory.device.engine")
    found: type[MlxEngine] = module.MlxEngine
    return found
