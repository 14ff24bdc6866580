UPDATE feedback SET other_item_id = NULL
WHERE workspace_id = %(workspace_id)s AND other_item_id = ANY (%(item_ids)s::text[])
