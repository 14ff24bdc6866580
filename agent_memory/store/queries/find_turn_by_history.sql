SELECT found.session_id, found.turn_id, found.head_hash, found.is_head
FROM unnest(%(hashes)s::text[]) WITH ORDINALITY AS history (hash, length)
CROSS JOIN LATERAL (
    SELECT session_id, turns.turn_id, turns.head_hash,
        coalesce(sessions.head_hash = turns.head_hash, false) AS is_head
    FROM turns
    JOIN messages USING (workspace_id, session_id, turn_id, position)
    JOIN sessions USING (workspace_id, session_id)
    WHERE turns.head_hash = history.hash AND NOT messages.superseded
    ORDER BY is_head DESC, sessions.updated_at DESC, session_id DESC
    LIMIT 1
) AS found
ORDER BY length DESC
LIMIT 1
