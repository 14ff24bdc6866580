SELECT item_no FROM items
WHERE workspace_id = %(workspace_id)s AND item_id = ANY (%(item_ids)s::text[])
