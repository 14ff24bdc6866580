SELECT * FROM stored_items WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s
