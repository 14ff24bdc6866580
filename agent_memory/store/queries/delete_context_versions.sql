WITH deleted AS (
    DELETE FROM context_versions
    WHERE workspace_id = %(workspace_id)s AND key = %(key)s
        AND (%(lineage)s::text IS NULL OR lineage = %(lineage)s)
    RETURNING 1
)
SELECT count(*) FROM deleted
