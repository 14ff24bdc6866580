DELETE FROM weight_sets WHERE workspace_id = %(workspace_id)s
