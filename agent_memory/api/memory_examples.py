"""Examples of what the routes of memory answer, for the OpenAPI document."""

from collections.abc import Mapping

ITEM: Mapping[str, object] = {
    "id": "item_5e0c",
    "kind": "decision",
    "state": "active",
    "thread_id": "proj-1",
    "text": "We decided to use PostgreSQL.",
    "context": "",
    "occurred_at": "2026-01-01T09:00:00+00:00",
    "recorded_at": "2026-01-01T09:00:01+00:00",
    "valid_from": "2026-01-01T09:00:00+00:00",
    "confidence": 0.9,
    "num_occurrences": 1,
    "role": "user",
    "keys": [],
    "legal_hold": False,
    "feedback": {"used": 0, "helpful": 0, "not_helpful": 0},
    "metadata": {},
    "citation": {"material_id": "mat_77aa", "begin": 0, "end": 29},
}
SCORED: Mapping[str, object] = {
    **ITEM,
    "score": 0.031,
    "components": {"bm25": 4.2, "similarity": 0.61, "recency": 0.99},
    "mark": 1,
    "is_whole": True,
}
RECALLED: Mapping[str, object] = {
    "recall_id": "recall_01",
    "items": [SCORED],
    "text": "2026-01-01\n[1] decision: We decided to use PostgreSQL.",
    "tokens_used": 19,
    "token_budget": 512,
    "dropped": {"over_budget": 0, "duplicates": 0},
    "degraded": False,
    "note": "",
}
PASSAGE: Mapping[str, object] = {
    "before": "",
    "text": "We decided to use PostgreSQL.",
    "after": "",
    "begin": 0,
    "end": 29,
    "first_line": 1,
}
EXPANSION: Mapping[str, object] = {
    "item": ITEM,
    "passage": PASSAGE,
    "links": [],
    "history": [],
    "material": {
        "id": "mat_77aa",
        "kind": "chat",
        "occurred_at": "2026-01-01T09:00:00+00:00",
        "purpose": None,
        "num_characters": 29,
    },
    "notes": [],
}
WORKING_SET: Mapping[str, object] = {
    "sections": {
        "decisions": {
            "entries": [
                {
                    "mark": 1,
                    "id": "item_5e0c",
                    "kind": "decision",
                    "state": "active",
                    "occurred_at": "2026-01-01T09:00:00+00:00",
                    "text": "decision: We decided to use PostgreSQL.",
                    "is_whole": True,
                    "score": 0.031,
                    "fixes": [],
                }
            ],
            "dropped": 0,
        }
    },
    "text": "<recalled_memory>\n…\n</recalled_memory>",
    "citations": {
        "1": {
            "id": "item_5e0c",
            "kind": "decision",
            "occurred_at": "2026-01-01T09:00:00+00:00",
            "material_id": "mat_77aa",
            "begin": 0,
            "end": 29,
        }
    },
    "tokens_used": 61,
    "token_budget": 1024,
    "degraded": False,
    "note": "",
}
PAST_FAILURES: Mapping[str, object] = {
    "failures": [
        {
            "item": {**ITEM, "kind": "test_failure"},
            "shared": [{"kind": "file", "value": "src/login.py"}],
            "score": 0.02,
            "num_occurrences": 3,
            "first_occurred_at": "2026-01-01T09:00:00+00:00",
            "last_occurred_at": "2026-01-03T09:00:00+00:00",
            "is_fixed": True,
            "fixes": [{"item": {**ITEM, "kind": "diff"}, "shared": [], "has_held": True}],
            "changed_since": [],
        }
    ]
}
MESSAGE: Mapping[str, object] = {
    "id": "item_09aa",
    "conversation_id": "support-7",
    "role": "user",
    "speaker": None,
    "content": "My order never came.",
    "metadata": {},
    "position": 0,
    "importance": 0.61,
    "importance_override": None,
    "occurred_at": "2026-01-01T09:00:00+00:00",
    "created_at": "2026-01-01T09:00:00+00:00",
    "state": "active",
    "legal_hold": False,
}
MESSAGES: Mapping[str, object] = {"data": [MESSAGE], "embedding": "done", "redactions": {}}
FOUND_MESSAGES: Mapping[str, object] = {
    "results": [
        {
            **MESSAGE,
            "similarity": 0.61,
            "recency": 0.99,
            "score": 0.03,
            "components": {"bm25": 3.1, "similarity": 0.61, "recency": 0.99, "importance": 0.61},
        }
    ],
    "degraded": False,
    "note": "",
}
CONVERSATION: Mapping[str, object] = {
    "id": "support-7",
    "title": "The missing order",
    "num_messages": 2,
    "num_items": 3,
    "legal_hold": False,
    "created_at": "2026-01-01T09:00:00+00:00",
    "updated_at": "2026-01-01T09:01:00+00:00",
}
ERASED: Mapping[str, object] = {"erased": {"items": 3, "materials": 2, "threads": 1}}
