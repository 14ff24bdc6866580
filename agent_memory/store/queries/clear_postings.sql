DELETE FROM postings WHERE workspace_id = %(workspace_id)s
