"""Whether a turn could be taken now, part by part."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from agent_memory.errors import AgentMemoryError

CHECK_TIMEOUT_S = 3.0

Probe = Callable[[], Awaitable[object]]
"""Ends well where a part is fit to serve, and raises what is wrong where it is not."""

OK = "ok"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`checks` says "ok" or what is wrong, by part."""

    is_ready: bool
    checks: Mapping[str, str]


class Readiness:
    """Every one of `needed` has to be fit, and one of `providers`: that one can answer."""

    def __init__(
        self,
        needed: Mapping[str, Probe],
        providers: Mapping[str, Probe],
        timeout_s: float = CHECK_TIMEOUT_S,
    ) -> None:
        self._needed = dict(needed)
        self._providers = dict(providers)
        self._timeout_s = timeout_s

    async def check(self) -> Verdict:
        """All parts side by side, each for a few seconds at most."""
        probes = {**self._needed, **self._providers}
        results = await asyncio.gather(*(self._result(probe) for probe in probes.values()))
        checks = dict(zip(probes, results, strict=True))
        is_ready = all(checks[name] == OK for name in self._needed) and any(
            checks[name] == OK for name in self._providers
        )
        return Verdict(is_ready, checks)

    async def _result(self, probe: Probe) -> str:
        """The word "ok", or what is wrong in a sentence."""
        try:
            await asyncio.wait_for(probe(), self._timeout_s)
        except AgentMemoryError as error:
            return str(error)
        except TimeoutError:
            return f"no answer within {self._timeout_s:.0f} s"
        return OK
