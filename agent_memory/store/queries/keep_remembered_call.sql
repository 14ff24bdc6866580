INSERT INTO remembered_calls (workspace_id, idempotency_key, request_hash, remembered)
VALUES (%(workspace_id)s, %(idempotency_key)s, %(request_hash)s, %(remembered)s::jsonb)
