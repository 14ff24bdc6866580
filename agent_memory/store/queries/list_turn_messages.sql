SELECT messages.role, messages.parts::text AS parts, turns.started_at
FROM turns
JOIN messages USING (workspace_id, session_id, turn_id)
WHERE turns.session_id = %(session_id)s AND turns.turn_id = %(turn_id)s
ORDER BY messages.position, messages.message_id
