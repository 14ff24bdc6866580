SELECT turn_id, num_shared, read_tokens, tokens
FROM turns
WHERE session_id = %(session_id)s AND tokens IS NOT NULL
ORDER BY ordinal NULLS FIRST, committed_at
