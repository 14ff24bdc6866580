SELECT request_hash, remembered::text AS remembered
FROM remembered_calls
WHERE workspace_id = %(workspace_id)s AND idempotency_key = %(idempotency_key)s
