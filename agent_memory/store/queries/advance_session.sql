UPDATE sessions
SET
    model = %(model)s,
    head_hash = %(head_hash)s,
    num_turns = num_turns + 1,
    num_messages = %(num_messages)s,
    num_tokens = coalesce(%(num_tokens)s, num_tokens),
    title = coalesce(title, %(title)s),
    updated_at = now()
WHERE session_id = %(session_id)s
RETURNING session_id, workspace_id, created_at, updated_at, num_turns, num_messages, num_tokens,
    head_hash, model, title
