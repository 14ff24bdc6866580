"""Whose signatures of thinking are whose. Nobody but their provider may be given them."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from agent_memory.providers.far.sent_body import IsForeign
from agent_memory.turns.messages import Part, Thinking
from agent_memory.turns.route import Route, Target

_MAX_KNOWN = 100_000


class Signatures:
    """Those that have passed lately, by a digest."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, str] = OrderedDict()

    def learn(self, provider: str, parts: Sequence[Part]) -> None:
        """What an answer of `provider` was signed with."""
        for part in parts:
            if isinstance(part, Thinking) and part.signature:
                self._known[_digest(part.signature)] = provider
                if len(self._known) > _MAX_KNOWN:
                    self._known.popitem(last=False)

    def foreign_to(self, target: Target, route: Route) -> IsForeign:
        """Whether a signature is somebody else's than `target`'s. One that is not known can only be
        taken for its own where nobody else would have been asked."""
        is_only_one = len({one.provider for one in route.targets}) <= 1

        def is_foreign(signature: str) -> bool:
            provider = self._known.get(_digest(signature))
            return not is_only_one if provider is None else provider != target.provider

        return is_foreign


def _digest(signature: str) -> bytes:
    return hashlib.sha256(signature.encode(errors="surrogatepass")).digest()[:16]
