WITH deleted AS (
    DELETE FROM context_links
    WHERE workspace_id = %(workspace_id)s AND from_key = %(from_key)s AND to_key = %(to_key)s
        AND (%(type)s::text IS NULL OR type = %(type)s)
    RETURNING 1
)
SELECT count(*) FROM deleted
