SELECT
    consolidation_id, action, reason, created_at, undone_at,
    ARRAY(
        SELECT item_id
        FROM consolidated_items JOIN items USING (workspace_id, item_no)
        WHERE consolidated_items.workspace_id = consolidations.workspace_id
            AND consolidated_items.consolidation_id = consolidations.consolidation_id
        ORDER BY item_no
    ) AS item_ids
FROM consolidations
WHERE workspace_id = %(workspace_id)s
    AND (
        %(before)s::timestamptz IS NULL
        OR (created_at, consolidation_id) < (%(before)s::timestamptz, %(before_id)s::text)
    )
ORDER BY created_at DESC, consolidation_id DESC
LIMIT %(limit)s
