SELECT session_id, workspace_id, created_at, updated_at, num_turns, num_messages, num_tokens,
    head_hash, model, title
FROM sessions
WHERE session_id = %(session_id)s
