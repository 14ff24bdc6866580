DELETE FROM context_texts WHERE workspace_id = %(workspace_id)s AND key = %(key)s
