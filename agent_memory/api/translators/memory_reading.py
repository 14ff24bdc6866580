"""Working sets, past failures and single items as JSON."""

from collections.abc import Sequence

from agent_memory.api.schemas.memory.recall import PrecheckBody, WorkingSetBody
from agent_memory.api.translators.memory_json import item_json, items_json
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ThreadId
from agent_memory.memory.items.expansion import Expansion, Passage
from agent_memory.memory.items.item import Key
from agent_memory.memory.search.fixes import Fix
from agent_memory.memory.search.precheck import PastFailure
from agent_memory.memory.service.precheck import PrecheckRequest
from agent_memory.memory.service.working_sets import WorkingSetRequest
from agent_memory.memory.workingset.rendering import render
from agent_memory.memory.workingset.working_set import Entry, WorkingSet


def working_set_request(body: WorkingSetBody) -> WorkingSetRequest:
    """What the body asks for."""
    return WorkingSetRequest(body.purpose, body.token_budget, _thread(body.thread_id), body.as_of)


def working_set_json(working_set: WorkingSet, token_budget: int) -> dict[str, object]:
    """Sections in the order of the text, the empty ones too; `citations` by mark."""
    return {
        "sections": {
            section.name.value: {
                "entries": [_entry_json(entry) for entry in section.entries],
                "dropped": section.num_dropped,
            }
            for section in working_set.sections
        },
        "text": render(working_set),
        "citations": {
            str(mark): {
                "id": item.item_id,
                "kind": item.kind,
                "occurred_at": item.occurred_at,
                "material_id": item.material_id,
                "begin": item.span.begin,
                "end": item.span.end,
            }
            for mark, item in working_set.citations.items()
        },
        "tokens_used": working_set.num_tokens,
        "token_budget": token_budget,
        "degraded": working_set.is_degraded,
        "note": working_set.note,
    }


def precheck_request(body: PrecheckBody) -> PrecheckRequest:
    """What the body is about; `InvalidRequest` when that is nothing."""
    if not (body.file or body.command or body.test):
        raise InvalidRequest("Name a file, a command or a test.", "file")
    return PrecheckRequest(body.file, body.command, body.test, _thread(body.thread_id), body.limit)


def precheck_json(failures: Sequence[PastFailure]) -> dict[str, object]:
    """Past failures, the nearest first."""
    return {"failures": [_failure_json(failure) for failure in failures]}


def expansion_json(expansion: Expansion) -> dict[str, object]:
    """An item with its surroundings, links and history."""
    material = expansion.material
    return {
        "item": item_json(expansion.item),
        "passage": passage_json(expansion.passage),
        "links": [
            {"item": item_json(link.item), "shared": _keys_json(link.shared)}
            for link in expansion.links
        ],
        "history": items_json(expansion.history),
        "material": {
            "id": expansion.item.material_id,
            "kind": material.kind,
            "occurred_at": material.occurred_at,
            "purpose": material.purpose,
            "num_characters": len(material.text),
        },
        "notes": expansion.notes,
    }


def passage_json(passage: Passage) -> dict[str, object]:
    """A verbatim stretch of a raw text, with what stands around it."""
    return {
        "before": passage.before,
        "text": passage.text,
        "after": passage.after,
        "begin": passage.span.begin,
        "end": passage.span.end,
        "first_line": passage.first_line,
    }


def _entry_json(entry: Entry) -> dict[str, object]:
    return {
        "mark": entry.mark,
        "id": entry.item.item_id,
        "kind": entry.item.kind,
        "state": entry.item.state,
        "occurred_at": entry.item.occurred_at,
        "text": entry.text,
        "is_whole": entry.is_whole,
        "score": entry.score,
        "fixes": entry.fixes,
    }


def _failure_json(failure: PastFailure) -> dict[str, object]:
    return {
        "item": item_json(failure.item),
        "shared": _keys_json(failure.shared),
        "score": failure.score,
        "num_occurrences": failure.num_occurrences,
        "first_occurred_at": failure.first_occurred_at,
        "last_occurred_at": failure.last_occurred_at,
        "is_fixed": failure.is_fixed,
        "fixes": [_fix_json(fix) for fix in failure.fixes],
        "changed_since": [_fix_json(fix) for fix in failure.changed_since],
    }


def _fix_json(fix: Fix) -> dict[str, object]:
    return {
        "item": item_json(fix.change),
        "shared": _keys_json(fix.shared),
        "has_held": fix.has_held,
    }


def _keys_json(keys: Sequence[Key]) -> list[dict[str, str]]:
    return [{"kind": key.kind, "value": key.value} for key in keys]


def _thread(name: str | None) -> ThreadId | None:
    return None if name is None else ThreadId(name)
