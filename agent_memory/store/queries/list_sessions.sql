SELECT session_id, workspace_id, created_at, updated_at, num_turns, num_messages, num_tokens,
    head_hash, model, title
FROM sessions
WHERE %(before)s::timestamptz IS NULL
    OR (created_at, session_id) < (%(before)s::timestamptz, %(before_id)s::text)
ORDER BY created_at DESC, session_id DESC
LIMIT %(limit)s
