UPDATE workspaces SET created_at = created_at WHERE workspace_id = %(workspace_id)s
