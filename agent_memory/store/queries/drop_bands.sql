DELETE FROM item_bands WHERE workspace_id = %(workspace_id)s AND item_no = %(item_no)s
