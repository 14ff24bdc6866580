UPDATE weight_sets SET is_live = true
WHERE workspace_id = %(workspace_id)s AND version = %(version)s
RETURNING version
