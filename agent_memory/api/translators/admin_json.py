"""Keys, rules, the ledger and the audit log as JSON. Money is a decimal as text, never a float."""

from decimal import Decimal

import orjson

from agent_memory.access.audit import AuditEntry
from agent_memory.access.budgets import Balance, Budget, CounterKey
from agent_memory.access.limits import Limit
from agent_memory.access.principal import ApiKeyRecord
from agent_memory.gateway.prices import TokenCounts
from agent_memory.gateway.usage_report import LedgerLine, UsageRow


def decimal_text(amount: Decimal) -> str:
    """Such as `0.25` and `100`: neither exponents nor noughts at the end."""
    return f"{amount.normalize():f}" if amount else "0"


def key_json(record: ApiKeyRecord) -> dict[str, object]:
    return {
        "object": "key",
        "id": record.key_id,
        "name": record.name,
        "scopes": sorted(record.scopes),
        "created_at": record.created_at,
        "expires_at": record.expires_at,
        "revoked_at": record.revoked_at,
        "disabled_at": record.disabled_at,
        "last_used_at": record.last_used_at,
        "previous_secret_until": record.previous_until,
        "models": record.bounds.models,
        "addresses": record.bounds.addresses,
        "memory": record.memory,
        "contexts": list(record.defaults.contexts),
        "memory_tool": record.defaults.memory_tool,
    }


def limit_json(limit: Limit) -> dict[str, object]:
    return {
        "object": "limit",
        "id": limit.limit_id,
        "subject": limit.subject.kind,
        "subject_id": limit.subject.id,
        "metric": limit.metric,
        "amount": limit.amount,
        "per_s": limit.per_s,
        "created_at": limit.created_at,
    }


def budget_json(budget: Budget) -> dict[str, object]:
    return {
        "object": "budget",
        "id": budget.budget_id,
        "subject": budget.subject.kind,
        "subject_id": budget.subject.id,
        "unit": budget.unit,
        "amount": decimal_text(budget.amount),
        "period": budget.period,
        "time_zone": budget.time_zone,
        "soft_limit": None if budget.soft_limit is None else decimal_text(budget.soft_limit),
        "webhook_url": budget.webhook_url,
        "created_at": budget.created_at,
    }


def balance_json(budget: Budget, key: CounterKey, balance: Balance) -> dict[str, object]:
    """How one subject stands in the window of now."""
    return {
        "subject_id": key.subject_id,
        "spent": decimal_text(balance.spent),
        "reserved": decimal_text(balance.held),
        "remaining": decimal_text(balance.left_of(budget)),
    }


def ledger_json(line: LedgerLine) -> dict[str, object]:
    served = line.served
    return {
        "object": "ledger_entry",
        "id": line.entry_id,
        "request_id": served.request_id,
        "key_id": served.key_id,
        "agent": served.agent,
        "session_id": served.session_id,
        "surface": served.surface,
        "requested_model": served.requested_model,
        "provider": served.provider,
        "model": served.model,
        **tokens_json(served.tokens),
        "cost": None if served.cost is None else decimal_text(served.cost),
        "price_id": served.price_id,
        "status": served.status,
        "error_code": served.error_code,
        "is_cancelled": served.is_cancelled,
        "is_repeat": served.is_repeat,
        "is_estimated": served.is_estimated,
        "num_attempts": served.num_attempts,
        "started_at": served.started_at,
        "latency_ms": round(served.latency_ms, 3),
        "first_byte_ms": None if served.first_byte_ms is None else round(served.first_byte_ms, 3),
    }


def usage_json(row: UsageRow) -> dict[str, object]:
    return {
        **{by.value: name for by, name in row.by.items()},
        "requests": row.num_requests,
        "errors": row.num_errors,
        "cancelled": row.num_cancelled,
        "unpriced": row.num_unpriced,
        **tokens_json(row.tokens),
        "cost": decimal_text(row.cost),
        "latency_ms": round(row.latency_ms, 3),
    }


def tokens_json(tokens: TokenCounts) -> dict[str, int]:
    return {
        "input_tokens": tokens.input_tokens,
        "cache_read_tokens": tokens.cache_read_tokens,
        "cache_write_tokens": tokens.cache_write_tokens,
        "output_tokens": tokens.output_tokens,
    }


def audit_json(entry: AuditEntry) -> dict[str, object]:
    return {
        "object": "audit_entry",
        "number": entry.entry_no,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": orjson.loads(entry.detail),
        "hash": entry.hash.hex(),
    }
