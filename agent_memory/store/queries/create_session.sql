INSERT INTO sessions (workspace_id, session_id, model)
VALUES (%(workspace_id)s, %(session_id)s, %(model)s)
ON CONFLICT DO NOTHING
RETURNING session_id, workspace_id, created_at, updated_at, num_turns, num_messages, num_tokens,
    head_hash, model, title
