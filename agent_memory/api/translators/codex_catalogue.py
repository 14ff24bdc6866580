"""The models of this server in the form of Codex's own catalogue.

Codex warns of a model that it knows nothing of, and sends a long prompt of its own with it; here it
gets a short one, for a prompt is read before the first token.
"""

from collections.abc import Mapping

from agent_memory.turns.models import ModelCard

_BASE_INSTRUCTIONS = (
    "You are Codex, a coding agent that runs in a terminal on the user's computer. Work until the "
    "task is done. Read files before you change them, change no more than is asked for, run what "
    "checks your work, and say in a few words what you did. Use the tools to read, run and edit."
)
_UNKNOWN_WINDOW = 32_768


def codex_model(card: ModelCard, priority: int) -> Mapping[str, object]:
    """One entry; the lower `priority`, the earlier it is offered."""
    window = card.context_window or _UNKNOWN_WINDOW
    return {
        "slug": card.id,
        "display_name": card.id,
        "description": "Served by agent_memory.",
        "default_reasoning_level": None,
        "supported_reasoning_levels": [],
        "shell_type": "shell_command",
        "visibility": "list",
        "supported_in_api": True,
        "priority": priority,
        "upgrade": None,
        "base_instructions": _BASE_INSTRUCTIONS,
        "supports_reasoning_summaries": False,
        "support_verbosity": False,
        "default_verbosity": None,
        "apply_patch_tool_type": None,
        "truncation_policy": {"mode": "tokens", "limit": min(10_000, window // 4)},
        "supports_parallel_tool_calls": True,
        "context_window": window,
        "auto_compact_token_limit": None,
        "effective_context_window_percent": 90,
        "experimental_supported_tools": [],
        "input_modalities": ["text"],
    }
