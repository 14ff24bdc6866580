DELETE FROM item_keys WHERE workspace_id = %(workspace_id)s
