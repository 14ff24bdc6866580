SELECT space_id FROM embedding_spaces WHERE workspace_id = %(workspace_id)s AND state = 'serving'
