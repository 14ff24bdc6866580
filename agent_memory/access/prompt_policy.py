"""Whose prompts a workspace keeps, and for how long."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent_memory.errors import InvalidRequest
from agent_memory.ids import KeyId

DEFAULT_KEEP_DAYS = 30
_MOST_DAYS = 3650
_MOST_KEYS = 1000
_LONGEST_ID = 128


@dataclass(frozen=True, slots=True)
class PromptPolicy:
    """Nothing is kept by default. is_on: for keys that are in neither list."""

    is_on: bool = False
    on_for_keys: frozenset[KeyId] = frozenset()
    off_for_keys: frozenset[KeyId] = frozenset()
    keep_days: int = DEFAULT_KEEP_DAYS

    def keeps(self, key: KeyId) -> bool:
        """Whether what the key asks, and is answered, is kept."""
        return key not in self.off_for_keys and (self.is_on or key in self.on_for_keys)


def check_policy(
    *, is_on: bool, on_for_keys: Iterable[str], off_for_keys: Iterable[str], keep_days: int
) -> PromptPolicy:
    """The policy; `InvalidRequest` for one that may not be."""
    ours, others = _keys(on_for_keys, "on_for_keys"), _keys(off_for_keys, "off_for_keys")
    if both := ours & others:
        message = f"The key '{min(both)}' stands in both lists."
        raise InvalidRequest(message, "off_for_keys")
    if not 1 <= keep_days <= _MOST_DAYS:
        raise InvalidRequest(f"Prompts are kept for 1 to {_MOST_DAYS} days.", "keep_days")
    return PromptPolicy(is_on, ours, others, keep_days)


def _keys(ids: Iterable[str], field: str) -> frozenset[KeyId]:
    found = frozenset(map(KeyId, ids))
    if len(found) > _MOST_KEYS or not all(_is_id(one) for one in found):
        raise InvalidRequest(f"{field} is a list of up to {_MOST_KEYS} ids of keys.", field)
    return found


def _is_id(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and text.isascii() and text.isalnum()
