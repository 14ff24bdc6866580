UPDATE items SET legal_hold = %(is_held)s
WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s
RETURNING item_id
