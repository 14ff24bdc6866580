"""Secrets are taken out before anything leaves the machine; the server does it again."""

from collections import Counter
from typing import Any

from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.redaction.redaction import redact


class Redactor:
    """By the default policy."""

    def __init__(self) -> None:
        self._policy = RedactionPolicy()
        self._removed: Counter[str] = Counter()

    def told(self) -> dict[str, int]:
        """How many of each kind were taken out."""
        return dict(self._removed)

    def body(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body of an ingestion without secrets."""
        materials = body["materials"]
        cleaned = {
            name: [self._entry(entry) for entry in entries] for name, entries in materials.items()
        }
        return {**body, "materials": cleaned}

    def _entry(self, entry: Any) -> Any:
        if isinstance(entry, str):
            return self._text(entry)
        return {**entry, "content": self._text(entry["content"])}

    def _text(self, text: str) -> str:
        redacted = redact(text, self._policy)
        self._removed.update(str(removal.kind) for removal in redacted.removed)
        return redacted.text
