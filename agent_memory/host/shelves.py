"""The shelves of this node, opened in the process that reads them."""

import importlib

from agent_memory.cache.shelves import Shelves
from agent_memory.settings import Settings


def open_shelves(settings: Settings) -> Shelves:
    """A shelf's reader is imported here and not with this module, which the server's own process
    imports as well."""
    module = importlib.import_module("agent_memory.device.shelf.shelf_folder")
    shelves: Shelves = module.ShelfFolder(
        settings.home / "shelf", settings.shelf_key_bytes, settings.unstored_kv_s
    )
    return shelves
