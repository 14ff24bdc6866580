SELECT has_index FROM embedding_spaces
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s
