SELECT item_no
FROM items JOIN threads USING (workspace_id, thread_no)
WHERE workspace_id = %(workspace_id)s AND thread_id = %(thread_id)s
