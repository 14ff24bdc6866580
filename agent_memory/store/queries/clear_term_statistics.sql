DELETE FROM term_statistics WHERE workspace_id = %(workspace_id)s
