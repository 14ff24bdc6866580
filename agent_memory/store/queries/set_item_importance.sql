UPDATE items SET importance_override = %(importance)s
WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s
RETURNING item_id
