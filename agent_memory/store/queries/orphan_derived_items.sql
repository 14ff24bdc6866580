UPDATE items
SET source_id = NULL, place = NULL, num_occurrences = num_occurrences - 1
WHERE workspace_id = %(workspace_id)s AND source_id = ANY (%(item_ids)s::text[])
    AND item_no <> ALL (%(item_nos)s::bigint[])
RETURNING item_no
