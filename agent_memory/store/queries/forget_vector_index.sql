UPDATE embedding_spaces SET has_index = false
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s
