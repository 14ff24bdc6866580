"""A policy applied to texts, and to the texts inside JSON."""

from collections import Counter
from collections.abc import Mapping

from agent_memory.json_value import Json
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.redaction.redaction import redact


class Redactor:
    """Removes what the policy names, and counts what that was."""

    def __init__(self, policy: RedactionPolicy) -> None:
        self._policy = policy
        self.counts: Counter[str] = Counter()

    def text(self, text: str) -> str:
        redacted = redact(text, self._policy)
        self.counts.update({str(kind): count for kind, count in redacted.counts.items()})
        return redacted.text

    def json(self, value: Json) -> Json:
        match value:
            case str():
                return self.text(value)
            case list():
                return [self.json(entry) for entry in value]
            case dict():
                return self.mapping(value)
            case _:
                return value

    def mapping(self, values: Mapping[str, Json]) -> dict[str, Json]:
        return {name: self.json(value) for name, value in values.items()}
