UPDATE embedding_spaces SET state = 'serving'
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s
