SELECT DISTINCT impression_id FROM impression_items
WHERE workspace_id = %(workspace_id)s AND item_no = ANY (%(item_nos)s::bigint[])
