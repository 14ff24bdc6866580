SELECT session_id, workspace_id, created_at, updated_at, num_turns, num_messages, num_tokens,
    head_hash, model, title
FROM sessions
JOIN unnest(%(hashes)s::text[]) WITH ORDINALITY AS heads (hash, length) ON head_hash = hash
ORDER BY length DESC, updated_at DESC, session_id DESC
LIMIT 1
