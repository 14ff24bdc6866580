UPDATE embedding_spaces SET has_index = true
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s AND state <> 'retired'
RETURNING has_index
