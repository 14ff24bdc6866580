"""All providers but the local engine: who is asked, how often, and what becomes of failures."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from agent_memory.errors import (
    AgentMemoryError,
    StreamInterrupted,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamKeysRefused,
    UpstreamPaused,
    UpstreamRefused,
    UpstreamTimeout,
)
from agent_memory.gateway.attempts import Attempt, Attempts
from agent_memory.gateway.balancing import Balance
from agent_memory.gateway.breaker import Breakers
from agent_memory.gateway.configuration import GatewayConfig, ProviderKey
from agent_memory.gateway.failures import Failure, FailureKind
from agent_memory.gateway.far import Begun, Counted, FarEvent, Heard, Over, Question
from agent_memory.gateway.names import ModelNames
from agent_memory.providers.far.attempt import Asking, AttemptedAnswer, asking
from agent_memory.providers.far.cards import cards_of
from agent_memory.providers.far.client import AttemptFailed, Deadlines, ProviderClient
from agent_memory.providers.far.counting import counted
from agent_memory.providers.far.signatures import Signatures
from agent_memory.turns.events import PassedHead, Usage
from agent_memory.turns.models import ModelCard
from agent_memory.turns.route import Route, Target

log = logging.getLogger(__name__)


class Configuration(Protocol):
    """What operators have set, as it stands."""

    async def current(self) -> GatewayConfig:
        """At most a second old; the same object while nothing changes."""
        ...


class FarProviders:
    """It meets `gateway.far.FarModels`.

    local_names, answers_all: see `ModelNames`. clock: monotonic seconds. chance: between 0 and 1.
    """

    def __init__(
        self,
        configuration: Configuration,
        local_names: Sequence[str] = (),
        answers_all: bool | None = None,
        deadlines: Deadlines | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._configuration = configuration
        self._local_names = local_names
        self._answers_all = answers_all
        self._deadlines = deadlines or Deadlines()
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self.breakers = Breakers(clock)
        self._balance = Balance(clock, chance)
        self._signatures = Signatures()
        self._clients: dict[tuple[str, str, bool], ProviderClient] = {}
        self._names: tuple[GatewayConfig, ModelNames] | None = None

    async def route(self, model: str) -> Route:
        config = await self._configuration.current()
        if self._names is None or self._names[0] is not config:
            if self._names is not None:
                self._forget_changed(self._names[0], config)
            names = ModelNames(config, self._local_names, self._answers_all)
            self._names = (config, names)
        return self._names[1].route(model)

    def _forget_changed(self, before: GatewayConfig, now: GatewayConfig) -> None:
        """A provider that was set again, with another key for instance, is asked again at once, by
        every process: whichever took the change."""
        for name, provider in before.providers.items():
            if now.providers.get(name) != provider:
                self.breakers.reset(name)

    async def cards(self) -> Sequence[ModelCard]:
        return cards_of(await self._configuration.current())

    async def count(self, question: Question) -> Counted:
        config = await self._configuration.current()
        target = question.route.targets[0]
        provider = config.providers[target.provider]
        client = self._client(config, target)
        key = next(iter(provider.keys), ProviderKey("", ""))
        try:
            return await counted(client, question, Attempt(target, key))
        except AttemptFailed as failed:
            raise _error(failed.failure, [failed.failure]) from failed

    async def ask(self, question: Question) -> AsyncGenerator[FarEvent, None]:
        config = await self._configuration.current()
        attempts = self._attempts(config, question)
        num_attempts = 0
        asked_at = self._clock()
        asked: Asking | None = None
        target = question.route.targets[0]
        while (attempt := attempts.next()) is not None:
            if attempt.pause_s:
                await self._sleep(attempt.pause_s)
            num_attempts += 1
            target = attempt.target
            foreign = self._signatures.foreign_to(attempt.target, question.route)
            asked = asking(question, attempt, foreign)
            has_begun = False
            try:
                async with aclosing(self._attempted(config, attempt, asked)) as events:
                    async for event in events:
                        if isinstance(event, Begun):
                            has_begun = True
                            self._balance.keep_warm(_conversation(question), attempt.target)
                            waited_ms = 1000 * (self._clock() - asked_at)
                            yield replace(event, num_attempts=num_attempts, upstream_ms=waited_ms)
                        else:
                            yield event
            except AttemptFailed as failed:
                if has_begun:
                    raise StreamInterrupted(failed.failure.message) from failed
                attempts.failed(failed.failure)
                _log(attempt, failed.failure, num_attempts)
            else:
                return
        failure = attempts.last
        if failure is None:
            raise self._paused(question.route)
        if asked is not None and asked.sent is not None and _is_told_as_it_is(failure):
            async for event in _as_it_is(target, failure, num_attempts):
                yield event
            return
        raise _error(failure, attempts.failures)

    async def close(self) -> None:
        """Hang up on everybody."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()

    def _attempts(self, config: GatewayConfig, question: Question) -> Attempts:
        def keys_of(provider: str) -> Sequence[ProviderKey]:
            found = config.providers.get(provider)
            return found.keys if found is not None else ()

        def allows(target: Target, key_id: str) -> bool:
            return self.breakers.allow(target.provider, target.model, key_id)

        def is_open(target: Target) -> bool:
            keys = keys_of(target.provider) or (ProviderKey("", ""),)
            return not any(allows(target, key.key_id) for key in keys)

        tiers = question.route.tiers
        targets = self._balance.ordered(tiers, _conversation(question), is_open)
        known = [target for target in targets if target.provider in config.providers]
        return Attempts(known, keys_of, allows, self._chance)

    async def _attempted(
        self, config: GatewayConfig, attempt: Attempt, asked: Asking
    ) -> AsyncGenerator[FarEvent, None]:
        """One attempt, from which breakers and latencies are learnt."""
        target = attempt.target
        name = (target.provider, target.model, attempt.key.key_id)
        breaker, latency = self.breakers.of(name), self._balance.latency(target)
        breaker.begin(self._clock())
        started_at = self._clock()
        answer = AttemptedAnswer(self._client(config, target), attempt, self._deadlines)
        latency.num_open += 1
        is_settled = False
        try:
            async with aclosing(answer.events(asked)) as events:
                async for event in events:
                    if isinstance(event, Begun):
                        latency.note(self._clock() - started_at, self._clock())
                    elif isinstance(event, Over):
                        breaker.succeed()
                        is_settled = True
                        self._signatures.learn(target.provider, event.parts)
                    yield event
        except AttemptFailed as failed:
            is_settled = True
            self._learn(name, failed.failure)
            raise
        finally:
            latency.num_open -= 1
            if not is_settled:
                breaker.abandon()

    def _learn(self, name: tuple[str, str, str], failure: Failure) -> None:
        breaker = self.breakers.of(name)
        if failure.kind is FailureKind.REQUEST:
            breaker.succeed()
            return
        if failure.kind is FailureKind.KEY and failure.status != 403:
            breaker.abandon()
            breaker = self.breakers.of((name[0], "", name[2]))
        breaker.fail(self._clock(), failure.message, failure.retry_after_s)

    def _client(self, config: GatewayConfig, target: Target) -> ProviderClient:
        provider = config.providers[target.provider]
        place = (provider.name, provider.url, provider.allow_private)
        if place not in self._clients:
            self._clients[place] = ProviderClient(provider, self._deadlines)
        return self._clients[place]

    def _paused(self, route: Route) -> AgentMemoryError:
        names = {target.provider for target in route.targets}
        open_ones = [one for one in self.breakers.report() if one.provider in names]
        fault = open_ones[-1].last_fault if open_ones else "it is not there any more"
        listed = ", ".join(sorted(names))
        return UpstreamPaused(f"The provider {listed} is not asked for a while: {fault}")


def _conversation(question: Question) -> str:
    request = question.request
    if request.sent is not None and request.sent.conversation:
        return f"{request.workspace_id}/{request.sent.conversation}"
    session = request.placement.session_id if request.placement else request.named_session
    return f"{request.workspace_id}/{session}" if session else ""


def _is_told_as_it_is(failure: Failure) -> bool:
    """The provider's own words are best, but not those about our keys."""
    return bool(failure.body) and failure.status >= 400 and failure.kind is not FailureKind.KEY


async def _as_it_is(
    target: Target, failure: Failure, num_attempts: int
) -> AsyncGenerator[FarEvent, None]:
    headers = [("content-type", failure.content_type)]
    if failure.retry_after_s is not None:
        headers.append(("retry-after", str(round(failure.retry_after_s))))
    head = PassedHead(failure.status, tuple(headers))
    yield Begun(target, Usage(0, 0), head, num_attempts)
    yield Heard(failure.body, is_end=True)
    yield Over(Usage(0, 0))


def _error(failure: Failure, failures: Sequence[Failure]) -> AgentMemoryError:
    """What is told of a request that nobody could answer."""
    if all(one.kind is FailureKind.KEY for one in failures):
        return UpstreamKeysRefused(
            f"No key of ours for this provider is accepted; yours is fine. {failure.message}"
        )
    match failure.kind:
        case FailureKind.REQUEST:
            return UpstreamRefused(failure.message)
        case FailureKind.BUSY:
            wanted = failure.retry_after_s
            return UpstreamBusy(failure.message, 2 if wanted is None else max(1, round(wanted)))
        case _ if failure.status == 504:
            return UpstreamTimeout(failure.message)
        case _:
            return UpstreamBroken(failure.message)


def _log(attempt: Attempt, failure: Failure, num_attempts: int) -> None:
    log.warning(
        "a provider failed",
        extra={
            "provider": attempt.target.provider,
            "model": attempt.target.model,
            "key": attempt.key.last_four,
            "kind": failure.kind.value,
            "upstream_status": failure.status,
            "attempt": num_attempts,
        },
    )
