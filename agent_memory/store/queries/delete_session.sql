DELETE FROM sessions WHERE session_id = %(session_id)s RETURNING session_id
