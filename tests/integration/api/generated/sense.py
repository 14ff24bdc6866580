"""What a generator of requests cannot know from the document."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import schemathesis
from hypothesis import strategies as st
from schemathesis.hooks import HookContext
from schemathesis.specs.openapi.schemas import OpenApiSchema

from agent_memory.store.cursors import Cursor

AnyCase: TypeAlias = schemathesis.Case[Any]
_ZONES = ("UTC", "Europe/Vienna", "America/New_York")
_MODES = ("off", "recall", "remember", "recall; token_budget=512")
_WORDS = st.text("abcdefgh0123456789", min_size=1, max_size=20)
_CENTS = st.integers(0, 10**6).map(lambda cents: f"{Decimal(cents) / 100}")
FORMATS: dict[str, st.SearchStrategy[str]] = {
    "printable": st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=100),
    "ip-network": st.ip_addresses().map(str),
    "agent-memory": st.sampled_from(_MODES),
    "memory-store": _WORDS,
    "decimal": _CENTS,
    "rate": _CENTS,
    "time-zone": st.sampled_from(_ZONES),
    "webhook-url": _WORDS.map(lambda name: f"https://{name}.example.com/hook"),
    "provider-url": _WORDS.map(lambda name: f"https://{name}.example.com/v1"),
    "context-name": _WORDS,
    "usage-by": st.sampled_from(("day", "key,model", "agent, session", "provider")),
    "audit-cursor": st.integers(1, 10**9).map(str),
    "cursor": st.just(Cursor(datetime(2026, 1, 1, tzinfo=UTC), "id").encode()),
}


def holder_of(key: str) -> type:
    """Authenticates as whoever holds `key`."""

    class Holder:
        def get(self, case: AnyCase, ctx: schemathesis.AuthContext) -> str:
            del case, ctx
            return key

        def set(self, case: AnyCase, data: str, ctx: schemathesis.AuthContext) -> None:
            del ctx
            case.headers["x-api-key"] = data

    return Holder


def make_sensible(schema: OpenApiSchema) -> None:
    """Have requests generated whose fields fit each other."""
    for name, strategy in FORMATS.items():
        schemathesis.openapi.format(name, strategy)

    @schema.hook("filter_case")
    def filter_case(context: HookContext, case: AnyCase) -> bool:
        del context
        fits = _FITS.get(f"{case.method} {case.operation.path}")
        fields = case.body if isinstance(case.body, dict) else dict(case.query or {})
        try:
            return fits is None or fits(fields)
        except (TypeError, ValueError, ArithmeticError, AttributeError, KeyError):
            return True  # It is wrong by the document already.


def _is_key(fields: dict[str, Any]) -> bool:
    expires_at = fields.get("expires_at")
    is_to_come = expires_at is None or datetime.fromisoformat(expires_at) > datetime.now(UTC)
    needs_contexts = fields.get("contexts") or fields.get("memory_tool")
    has_contexts = bool({"contexts", "admin"} & set(fields.get("scopes", ["contexts"])))
    return is_to_come and (has_contexts or not needs_contexts)


def _is_budget(fields: dict[str, Any]) -> bool:
    amounts = [Decimal(str(fields[name])) for name in ("amount", "soft_limit") if fields.get(name)]
    if any(amount != round(amount, 12) for amount in amounts):
        return False
    soft = fields.get("soft_limit")
    return soft is None or 0 < Decimal(str(soft)) <= Decimal(str(fields["amount"]))


def _is_provider(fields: dict[str, Any]) -> bool:
    weights, keys = fields.get("weights"), fields.get("keys") or []
    return not weights or len(weights) == len(keys)


def _is_policy(fields: dict[str, Any]) -> bool:
    return not set(fields.get("on_for_keys", ())) & set(fields.get("off_for_keys", ()))


def _is_period(fields: dict[str, Any]) -> bool:
    today = datetime.now(UTC).date()
    last = date.fromisoformat(fields["to"]) if "to" in fields else today
    if last < date(2, 1, 1):
        return False
    first = date.fromisoformat(fields["from"]) if "from" in fields else last - timedelta(days=29)
    return timedelta(0) <= last - first < timedelta(days=400)


_FITS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "POST /v1/admin/keys": _is_key,
    "PATCH /v1/admin/keys/{id}": _is_key,
    "POST /v1/admin/budgets": _is_budget,
    "POST /v1/admin/providers": _is_provider,
    "PUT /v1/admin/prompts/policy": _is_policy,
    "GET /v1/usage": _is_period,
    "GET /v1/usage/me": _is_period,
}
