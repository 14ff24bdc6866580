DELETE FROM item_vectors WHERE workspace_id = %(workspace_id)s AND item_no = %(item_no)s
