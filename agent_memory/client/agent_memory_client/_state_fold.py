"""The present state of contexts, which a server tells in pieces."""

from collections.abc import Mapping
from typing import Any

from agent_memory_client.context_results import ContextsReset


class StateFold:
    """Takes pieces; `take` answers the whole when the last one is there."""

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}

    def take(self, sent: Mapping[str, Any]) -> ContextsReset | None:
        self._versions |= {one["key"]: one["version"] for one in sent["contexts"]}
        if sent["more"]:
            return None
        whole, self._versions = self._versions, {}
        return ContextsReset(whole, sent["sequence"])
