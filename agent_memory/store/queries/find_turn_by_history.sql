SELECT session_id, turns.turn_id, turns.head_hash,
    coalesce(sessions.head_hash = turns.head_hash, false) AS is_head
FROM unnest(%(hashes)s::text[]) WITH ORDINALITY AS history (hash, length)
JOIN turns ON turns.head_hash = hash
JOIN messages USING (workspace_id, session_id, turn_id, position)
JOIN sessions USING (workspace_id, session_id)
WHERE NOT messages.superseded
ORDER BY length DESC, is_head DESC, sessions.updated_at DESC, session_id DESC
LIMIT 1
