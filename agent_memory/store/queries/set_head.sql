UPDATE sessions
SET
    head_hash = %(head_hash)s,
    num_turns = %(num_turns)s,
    num_messages = %(num_messages)s,
    num_tokens = %(num_tokens)s,
    title = %(title)s
WHERE session_id = %(session_id)s
RETURNING session_id, workspace_id, created_at, updated_at, num_turns, num_messages, num_tokens,
    head_hash, model, title
