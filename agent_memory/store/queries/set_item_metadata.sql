UPDATE items SET metadata = %(metadata)s::jsonb
WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s
RETURNING item_id
