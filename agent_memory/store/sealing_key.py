"""The key that opens what is sealed in the database of a data directory."""

from agent_memory.secrets_file import private_folder, private_secret
from agent_memory.settings import Settings


def secrets_key(settings: Settings) -> bytes:
    """That of the settings, else that of the file `run/providers.key`, made on first use."""
    if (key := settings.secrets_key_bytes) is not None:
        return key
    return bytes.fromhex(private_secret(private_folder(settings.home / "run") / "providers.key"))
