DELETE FROM consolidations WHERE workspace_id = %(workspace_id)s
