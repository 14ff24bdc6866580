WITH dropped AS (
    DELETE FROM remembered_calls
    WHERE workspace_id = %(workspace_id)s AND created_at < now() - %(age)s::interval
    RETURNING idempotency_key
)
SELECT count(*) FROM dropped
