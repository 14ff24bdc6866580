DELETE FROM remembered_calls WHERE workspace_id = %(workspace_id)s
