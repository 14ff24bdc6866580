WITH found AS (
    SELECT undone_at FROM consolidations
    WHERE workspace_id = %(workspace_id)s AND consolidation_id = %(consolidation_id)s
),
undone AS (
    UPDATE consolidations SET undone_at = now()
    WHERE workspace_id = %(workspace_id)s AND consolidation_id = %(consolidation_id)s
        AND undone_at IS NULL
)
SELECT undone_at IS NOT NULL AS was_undone FROM found
