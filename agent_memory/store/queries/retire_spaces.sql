UPDATE embedding_spaces SET state = 'retired'
WHERE workspace_id = %(workspace_id)s AND state = 'serving' AND space_id <> %(space_id)s
