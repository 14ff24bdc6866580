DELETE FROM impressions WHERE workspace_id = %(workspace_id)s
