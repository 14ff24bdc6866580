UPDATE items
SET num_occurrences = seen.num_occurrences, last_occurred_at = seen.last_occurred_at
FROM unnest(%(item_nos)s::bigint[], %(counts)s::integer[], %(times)s::timestamptz[])
    AS seen (item_no, num_occurrences, last_occurred_at)
WHERE workspace_id = %(workspace_id)s AND items.item_no = seen.item_no
