SELECT position, role, parts::text AS parts
FROM messages
WHERE session_id = %(session_id)s AND NOT superseded
ORDER BY position
