WITH dropped AS (
    DELETE FROM context_versions
    WHERE workspace_id = %(workspace_id)s AND retired_at < %(before)s
    RETURNING 1
)
SELECT count(*) FROM dropped
