"""The bounds of limits and budgets."""

import re
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent_memory.access.budgets import Period, Unit
from agent_memory.access.limits import Metric
from agent_memory.access.subject import EACH, Subject, SubjectKind
from agent_memory.errors import InvalidRequest

MAX_AMOUNT = 10**15
MAX_PER_S = 86_400
_ID = re.compile(r"[!-~]{1,128}")
OF_BUDGETS = frozenset(
    {SubjectKind.WORKSPACE, SubjectKind.KEY, SubjectKind.AGENT, SubjectKind.SESSION}
)
_MAX_DECIMALS = 12


def check_subject(kind: str, id: str | None, *, of_budget: bool) -> Subject:  # noqa: A002
    """The subject; `InvalidRequest` for a kind that is not known, or that has no budgets."""
    known = OF_BUDGETS if of_budget else frozenset(SubjectKind)
    if kind not in known:
        names = ", ".join(sorted(known))
        raise InvalidRequest(f"The subject is one of: {names}.", "subject")
    if kind == SubjectKind.WORKSPACE:
        return Subject(SubjectKind.WORKSPACE)
    wanted = EACH if id is None else id
    if _ID.fullmatch(wanted) is None:
        message = "A subject's id has 1 to 128 visible ASCII characters; '*' is each one."
        raise InvalidRequest(message, "subject_id")
    return Subject(SubjectKind(kind), wanted)


def check_metric(name: str) -> Metric:
    """The metric; `InvalidRequest` names those there are."""
    if name not in set(Metric):
        names = ", ".join(metric.value for metric in Metric)
        raise InvalidRequest(f"The metric is one of: {names}.", "metric")
    return Metric(name)


def check_rate(amount: int, per_s: int) -> tuple[int, int]:
    """Both, where they can be a limit."""
    if not 0 <= amount <= MAX_AMOUNT:
        raise InvalidRequest(f"amount must be from 0 to {MAX_AMOUNT}.", "amount")
    if not 1 <= per_s <= MAX_PER_S:
        raise InvalidRequest(f"per_s must be from 1 to {MAX_PER_S} seconds.", "per_s")
    return amount, per_s


def check_unit(name: str) -> Unit:
    """The unit; `InvalidRequest` names those there are."""
    if name not in set(Unit):
        raise InvalidRequest("The unit is one of: usd, tokens.", "unit")
    return Unit(name)


def check_period(name: str) -> Period:
    """The period; `InvalidRequest` names those there are."""
    if name not in set(Period):
        raise InvalidRequest("The period is one of: day, month, total.", "period")
    return Period(name)


def check_amount(text: str) -> Decimal:
    """An amount as an exact decimal: from 0 up, with at most twelve decimals."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise InvalidRequest(f"'{text}' is no decimal number.", "amount") from None
    is_usable = amount.is_finite() and 0 <= amount <= MAX_AMOUNT
    if not is_usable or amount != round(amount, _MAX_DECIMALS):
        message = f"amount must be from 0 to {MAX_AMOUNT}, with at most {_MAX_DECIMALS} decimals."
        raise InvalidRequest(message, "amount")
    return amount


def check_soft_limit(text: str, amount: Decimal) -> Decimal:
    """An amount above 0 and up to that of the budget."""
    soft = check_amount(text)
    if not 0 < soft <= amount:
        message = "soft_limit must be above 0, and at most the amount of the budget."
        raise InvalidRequest(message, "soft_limit")
    return soft


def check_time_zone(name: str) -> str:
    """A time zone by its name in the tz database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"'{name}' is no time zone; write one such as Europe/Vienna or UTC."
        raise InvalidRequest(message, "time_zone") from None
    return name
