DELETE FROM threads WHERE workspace_id = %(workspace_id)s
