SELECT turn_id, num_shared, read_tokens, tokens
FROM turns
WHERE session_id = %(session_id)s
ORDER BY ordinal NULLS FIRST, committed_at
