"""Providers that need no more than a name and a key."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent_memory.turns.route import Wire


@dataclass(frozen=True, slots=True)
class Preset:
    """families: beginnings of names that are this provider's even before its list was read."""

    wire: Wire
    url: str
    is_private: bool = False
    families: tuple[str, ...] = ()


PRESETS: Mapping[str, Preset] = {
    "anthropic": Preset(Wire.ANTHROPIC, "https://api.anthropic.com", families=("claude-",)),
    "openai": Preset(
        Wire.OPENAI,
        "https://api.openai.com/v1",
        families=("gpt-", "o1", "o3", "o4", "chatgpt-", "text-embedding-"),
    ),
    "openrouter": Preset(Wire.OPENAI, "https://openrouter.ai/api/v1"),
    "ollama": Preset(Wire.OPENAI, "http://127.0.0.1:11434/v1", is_private=True),
    "lmstudio": Preset(Wire.OPENAI, "http://127.0.0.1:1234/v1", is_private=True),
    "vllm": Preset(Wire.OPENAI, "http://127.0.0.1:8000/v1", is_private=True),
}
