SELECT thread_id, kind, text, occurred_at, purpose, metadata, notes
FROM materials JOIN threads USING (workspace_id, thread_no)
WHERE workspace_id = %(workspace_id)s AND material_id = %(material_id)s
