SELECT item_id, state, valid_to, retired_at, successor_id, num_occurrences, last_occurred_at
FROM items
WHERE workspace_id = %(workspace_id)s AND item_id = ANY (%(item_ids)s::text[])
