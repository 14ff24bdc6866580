SELECT
    session_id, turns.turn_id, turns.head_hash,
    coalesce(sessions.head_hash = turns.head_hash, false) AS is_head
FROM turns
JOIN sessions USING (workspace_id, session_id)
WHERE turns.turn_id = %(turn_id)s AND NOT turns.is_withdrawn
