UPDATE weight_sets SET is_live = false WHERE workspace_id = %(workspace_id)s AND is_live
