INSERT INTO consolidated_items (workspace_id, consolidation_id, item_no, before, after)
SELECT workspace_id, %(consolidation_id)s, item_no, changed.before, changed.after
FROM json_to_recordset(%(changes)s::json) AS changed (item_id text, before jsonb, after jsonb)
JOIN items USING (item_id)
WHERE workspace_id = %(workspace_id)s
