INSERT INTO item_bands (workspace_id, item_no, bands)
SELECT workspace_id, item_no, fresh.bands
FROM json_to_recordset(%(bands)s::json) AS fresh (item_id text, bands bigint[])
JOIN items USING (item_id)
WHERE workspace_id = %(workspace_id)s
ON CONFLICT (workspace_id, item_no) DO UPDATE SET bands = excluded.bands
