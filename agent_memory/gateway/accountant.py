"""The accountant: admits requests within limits and budgets, and books what they used."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from agent_memory.access.buckets import Draw, Refusal, Slot
from agent_memory.access.budgets import Cost, Unit, holds_of
from agent_memory.access.limiter import Limiter, Taken
from agent_memory.access.limits import Applied, Demand, Metric, Standing, applied
from agent_memory.access.subject import Caller, SubjectKind
from agent_memory.clock import utc_now
from agent_memory.errors import AgentMemoryError, PriceUnknown, RateLimited
from agent_memory.gateway.accounting import Admission, Asked, Needs, Served
from agent_memory.gateway.books import LEASE, Books, Progress, Reservation
from agent_memory.gateway.prices import TokenCounts
from agent_memory.gateway.rule_cache import RuleCache
from agent_memory.ids import KeyId, RequestId, SessionId, WorkspaceId, new_id

log = logging.getLogger(__name__)

INPUT_MARGIN = Decimal("1.15")
"""Of a prompt that is counted or estimated, so much is reserved."""
ASSUMED_OUTPUT = 4096
"""Tokens reserved where neither the client nor the model bounds an answer."""
_HEARTBEAT_S = LEASE.total_seconds() / 3
_SETTLE_PATIENCE_S = 2.0
"""An answer waits for its line in the ledger for so long, then it goes on its way."""
_RETRY_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300)

_SIZES = (Metric.INPUT_TOKENS, Metric.OUTPUT_TOKENS)
_Place = tuple[WorkspaceId, KeyId, RequestId, SessionId | None]


@dataclass(slots=True)
class _Open:
    """A request that was admitted and not yet booked."""

    entry_id: str
    asked: Asked
    applied: Sequence[Applied]
    draws: Sequence[Draw]
    slots: Sequence[Slot]
    is_reserved: bool
    tokens: TokenCounts = field(default_factory=TokenCounts)


class Accountant:
    """Implements `Accounts`. Limits are taken together and budgets held together: a request that
    is refused has taken nothing of either."""

    def __init__(
        self,
        books: Books,
        limiter: Limiter,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._books = books
        self._limiter = limiter
        self._clock = clock
        self._cache = RuleCache(books.rules, monotonic)
        self._open: dict[_Place, list[_Open]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._heart: asyncio.Task[None] | None = None

    async def needs(self, workspace: WorkspaceId) -> Needs:
        rules = await self._cache.rules(workspace)
        subjects = {limit.subject.kind for limit in rules.limits}
        subjects |= {budget.subject.kind for budget in rules.budgets}
        return Needs(
            sizes=bool(rules.budgets) or any(limit.metric in _SIZES for limit in rules.limits),
            session=SubjectKind.SESSION in subjects,
        )

    async def admit(self, asked: Asked) -> Admission:
        """`RateLimited`, `BudgetExceeded` or `PriceUnknown` when it may not be answered now."""
        rules = await self._cache.rules(asked.workspace_id)
        caller = _caller_of(asked)
        entry = self._entry(asked, applied(rules.limits, caller))
        taken = await self._take(entry)
        try:
            holds = holds_of(rules.budgets, caller, _most(asked), self._clock())
            if holds:
                _refuse_unpriced(asked, any(hold.budget.unit is Unit.USD for hold in holds))
                reservation = Reservation(entry.entry_id, asked, holds, self._clock())
                await self._books.reserve(reservation)
                entry.is_reserved = True
        except BaseException:
            nothing = [0.0] * len(entry.draws)
            await self._limiter.give_back(entry.entry_id, entry.draws, nothing, entry.slots)
            raise
        self._open.setdefault(_place_of(asked), []).append(entry)
        self._beat()
        return Admission(_standings(entry, taken), rules.prompts.keeps(asked.key_id))

    def note(self, asked: Asked, tokens: TokenCounts) -> None:
        """What the request has used so far."""
        for entry in self._open.get(_place_of(asked), ()):
            if entry.asked is asked:
                entry.tokens = tokens

    async def book(self, served: Served, asked: Asked | None = None) -> None:
        """Settle what was used; waits for it a moment, and never raises. asked: which of several
        requests of one id it was."""
        entry = self._close(served, asked)
        if entry is None:
            log.error("a request was booked that was not admitted")
            return
        task = asyncio.create_task(self._settle(entry, served))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=_SETTLE_PATIENCE_S)

    def num_open(self) -> int:
        """Requests that were admitted and are not booked yet."""
        return sum(len(entries) for entries in self._open.values())

    async def finish(self) -> None:
        """Returns when everything that was booked is settled."""
        await asyncio.gather(*self._tasks)

    def _entry(self, asked: Asked, limits: Sequence[Applied]) -> _Open:
        output = ASSUMED_OUTPUT if asked.max_tokens is None else asked.max_tokens
        demand = Demand(asked.num_prompt_tokens, output)
        rates = [one for one in limits if one.limit.metric is not Metric.CONCURRENCY]
        places = [one for one in limits if one.limit.metric is Metric.CONCURRENCY]
        return _Open(
            new_id("use"),
            asked,
            (*rates, *places),
            [one.draw(demand) for one in rates],
            [one.slot() for one in places],
            is_reserved=False,
        )

    async def _take(self, entry: _Open) -> Taken:
        if not entry.applied:
            return Taken(())
        taken = await self._limiter.take(entry.entry_id, entry.draws, entry.slots)
        if isinstance(taken, Refusal):
            raise _rate_limited(entry, taken)
        return taken

    def _close(self, served: Served, asked: Asked | None) -> _Open | None:
        """The open entry that `served` is the end of, which is no longer open. A request whose
        session was found only after it was admitted is known by the rest."""
        sessions = (served.session_id, None) if asked is None else (asked.session_id,)
        for session in dict.fromkeys(sessions):
            place = served.workspace_id, served.key_id, served.request_id, session
            entries = self._open.get(place, [])
            for at, entry in enumerate(entries):
                if asked is None or entry.asked is asked:
                    del entries[at]
                    if not entries:
                        del self._open[place]
                    return entry
        return None

    async def _settle(self, entry: _Open, served: Served) -> None:
        used = [float(_used(one.limit.metric, served.tokens)) for one in entry.applied]
        used = used[: len(entry.draws)]
        try:
            if entry.applied:
                await self._limiter.give_back(entry.entry_id, entry.draws, used, entry.slots)
        except AgentMemoryError as error:
            log.warning("a limit was not corrected", extra={"reason": str(error)})
        for wait_s in (*_RETRY_S, None):
            try:
                await self._books.settle(
                    entry.entry_id,
                    served,
                    is_reserved=entry.is_reserved,
                    is_moved=entry.asked.session_id != served.session_id,
                )
            except AgentMemoryError as error:
                log.warning("a request is not booked yet", extra={"reason": str(error)})
                if wait_s is None:
                    log.exception("a request could not be booked: %s", entry.entry_id)
                    return
                await asyncio.sleep(wait_s)
            else:
                return

    def _beat(self) -> None:
        """Keep what is held for open requests alive, as long as there are any."""
        if self._heart is None or self._heart.done():
            self._heart = asyncio.create_task(self._keep_alive())

    async def _keep_alive(self) -> None:
        while self._open:
            await asyncio.sleep(_HEARTBEAT_S)
            entries = [entry for entries in self._open.values() for entry in entries]
            for workspace in {entry.asked.workspace_id for entry in entries}:
                mine = [entry for entry in entries if entry.asked.workspace_id == workspace]
                await self._extend(workspace, mine)

    async def _extend(self, workspace: WorkspaceId, entries: Sequence[_Open]) -> None:
        reserved = [_progress(entry) for entry in entries if entry.is_reserved]
        try:
            for entry in entries:
                if entry.slots:
                    await self._limiter.keep(entry.entry_id, entry.slots)
            if reserved:
                await self._books.extend(workspace, reserved)
        except AgentMemoryError as error:
            log.warning("open requests were not extended", extra={"reason": str(error)})


def _progress(entry: _Open) -> Progress:
    price = entry.asked.price
    return Progress(
        entry.entry_id, entry.tokens, None if price is None else price.cost(entry.tokens)
    )


def _place_of(asked: Asked) -> _Place:
    return asked.workspace_id, asked.key_id, asked.request_id, asked.session_id


def _caller_of(asked: Asked) -> Caller:
    return Caller(
        asked.workspace_id,
        asked.key_id,
        asked.address,
        asked.agent,
        asked.session_id,
        asked.provider,
        asked.model,
    )


def _most(asked: Asked) -> Cost:
    """The most that a request may use."""
    prompt = math.ceil(asked.num_prompt_tokens * INPUT_MARGIN)
    output = ASSUMED_OUTPUT if asked.max_tokens is None else asked.max_tokens
    usd = asked.dearest or Decimal(0)
    if asked.price is not None:
        usd = max(usd, asked.price.highest(prompt, output))
    return Cost(prompt + output, usd)


def _refuse_unpriced(asked: Asked, needs_money: bool) -> None:
    """A budget of money cannot hold for a model of which nobody knows the price."""
    if needs_money and asked.price is None and asked.dearest is None:
        raise PriceUnknown(asked.model)


def _rate_limited(entry: _Open, refusal: Refusal) -> RateLimited:
    limit = next(one.limit for one in entry.applied if one.key == refusal.key)
    name = refusal.key.split("/", 2)[2]
    per_s = 0 if limit.metric is Metric.CONCURRENCY else limit.per_s
    wait_s = max(1, math.ceil(refusal.wait_s))
    subject = f"{limit.subject.kind} '{name}'"
    return RateLimited(subject, limit.metric.value, limit.amount, per_s, wait_s)


def _standings(entry: _Open, taken: Taken) -> tuple[Standing, ...]:
    return tuple(
        Standing(
            one.limit,
            math.floor(left),
            (one.limit.amount - left) * one.limit.per_s / max(1, one.limit.amount)
            if one.limit.metric is not Metric.CONCURRENCY
            else 0.0,
        )
        for one, left in zip(entry.applied, taken.left, strict=True)
    )


def _used(metric: Metric, tokens: TokenCounts) -> int:
    match metric:
        case Metric.INPUT_TOKENS:
            return tokens.prompt_tokens
        case Metric.OUTPUT_TOKENS:
            return tokens.output_tokens
        case Metric.REQUESTS | Metric.CONCURRENCY:
            return 1
