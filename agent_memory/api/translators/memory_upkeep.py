"""The upkeep of memory, as it is answered."""

from collections import Counter

from agent_memory.memory.consolidation.plan import Action
from agent_memory.memory.consolidation.record import ConsolidationRecord
from agent_memory.memory.retention.retention import Disposal
from agent_memory.memory.service.consolidate import ConsolidationRun
from agent_memory.memory.service.redaction import RedactionSetting
from agent_memory.memory.service.retention import RetentionRun

_MAX_NAMED = 100
"""Items and actions that are named in an answer; all of them are counted."""


def setting_json(setting: RedactionSetting) -> dict[str, object]:
    """The redaction policy in force."""
    return {
        "policy": dict(setting.policy),
        "version": setting.version,
        "job_id": setting.job_id,
    }


def retention_json(run: RetentionRun) -> dict[str, object]:
    """What a run has done, or would do."""
    plan = run.plan
    return {
        "dry_run": run.is_dry,
        "planned": _counts(plan.disposals),
        "held": _counts(plan.held),
        "kept": plan.num_kept,
        "archived": run.num_archived,
        "erased": run.num_erased,
        "items": [
            {"id": one.item_id, "fate": one.fate, "because_of": one.ground}
            for one in plan.disposals[:_MAX_NAMED]
        ],
    }


def consolidation_json(run: ConsolidationRun) -> dict[str, object]:
    """What a run has done, or would do; by `id` an action is undone."""
    ids = run.ids or ("",) * len(run.plan.actions)
    actions = list(zip(run.plan.actions, ids, strict=True))
    return {
        "dry_run": run.is_dry,
        "items_seen": run.num_items,
        "states": dict(run.plan.counts),
        "num_actions": len(actions),
        "actions": [_action_json(action, id_) for action, id_ in actions[:_MAX_NAMED]],
    }


def record_json(record: ConsolidationRecord) -> dict[str, object]:
    """One action that was done."""
    return {
        "id": record.consolidation_id,
        "action": record.action,
        "reason": record.reason,
        "items": record.items,
        "created_at": record.created_at,
        "undone_at": record.undone_at,
    }


def _counts(disposals: tuple[Disposal, ...]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for one in disposals:
        counts.setdefault(one.fate.value, Counter())[one.ground.value] += 1
    return {fate: dict(grounds) for fate, grounds in counts.items()}


def _action_json(action: Action, consolidation_id: str) -> dict[str, object]:
    return {
        "id": consolidation_id or None,
        "action": action.kind,
        "reason": action.reason,
        "changes": [
            {
                "id": change.item_id,
                "from": change.before.state,
                "to": change.after.state,
                "successor_id": change.after.successor_id,
            }
            for change in action.changes
        ],
    }
