SELECT impression_id FROM impressions
WHERE workspace_id = %(workspace_id)s AND impression_id = %(impression_id)s
