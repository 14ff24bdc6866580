SELECT item_id, before, after
FROM consolidated_items JOIN items USING (workspace_id, item_no)
WHERE workspace_id = %(workspace_id)s AND consolidation_id = %(consolidation_id)s
ORDER BY item_no
