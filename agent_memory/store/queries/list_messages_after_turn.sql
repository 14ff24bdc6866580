SELECT DISTINCT ON (messages.position)
    messages.position, messages.role, messages.parts::text AS parts
FROM turns
JOIN messages AS answer USING (workspace_id, session_id, turn_id, position)
JOIN messages ON messages.workspace_id = answer.workspace_id
    AND messages.session_id = answer.session_id
    AND messages.position <= answer.position
    AND messages.message_id <= answer.message_id
WHERE turns.session_id = %(session_id)s AND turns.turn_id = %(turn_id)s
ORDER BY messages.position, messages.message_id DESC
