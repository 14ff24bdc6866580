WITH RECURSIVE doomed AS (
    SELECT item_no, item_id
    FROM items
    WHERE workspace_id = %(workspace_id)s AND item_no = ANY (%(item_nos)s::bigint[])
    UNION
    SELECT items.item_no, items.item_id
    FROM doomed JOIN items ON items.source_id = doomed.item_id
    WHERE workspace_id = %(workspace_id)s AND num_occurrences = 1
)
SELECT item_no, item_id, material_id, span_begin, span_end, legal_hold, keys
FROM doomed JOIN stored_items USING (item_no, item_id)
WHERE workspace_id = %(workspace_id)s
ORDER BY item_no
