UPDATE embedding_spaces SET state = 'retired', has_index = false
WHERE workspace_id = %(workspace_id)s AND state = 'serving' AND space_id <> %(space_id)s
RETURNING space_id
