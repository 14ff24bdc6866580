DELETE FROM memory_statistics WHERE workspace_id = %(workspace_id)s
