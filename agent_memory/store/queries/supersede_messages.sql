UPDATE messages
SET superseded = true
WHERE session_id = %(session_id)s AND position >= %(num_kept)s AND NOT superseded
