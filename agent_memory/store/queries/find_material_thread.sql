SELECT thread_id, thread_no, next_position
FROM materials
JOIN threads USING (workspace_id, thread_no)
WHERE workspace_id = %(workspace_id)s AND material_id = %(material_id)s
