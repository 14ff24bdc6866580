UPDATE items
SET
    successor_id = gone.successor_id,
    state = CASE WHEN gone.successor_id IS NULL THEN 'active' ELSE items.state END,
    valid_to = CASE WHEN gone.successor_id IS NOT NULL THEN items.valid_to END,
    retired_at = CASE WHEN gone.successor_id IS NOT NULL THEN items.retired_at END
FROM items AS gone
WHERE items.workspace_id = %(workspace_id)s AND gone.workspace_id = %(workspace_id)s
    AND gone.item_id = items.successor_id
    AND gone.item_no = ANY (%(item_nos)s::bigint[])
    AND items.item_no <> ALL (%(item_nos)s::bigint[])
RETURNING items.item_no
