SELECT legal_hold FROM threads WHERE workspace_id = %(workspace_id)s AND thread_id = %(thread_id)s
