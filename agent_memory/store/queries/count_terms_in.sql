INSERT INTO term_statistics (workspace_id, term, num_items)
SELECT workspace_id, term, count(*)
FROM items, unnest(terms) AS term
WHERE workspace_id = %(workspace_id)s AND item_no = ANY (%(item_nos)s::bigint[])
GROUP BY workspace_id, term
ORDER BY term COLLATE "C"
ON CONFLICT (workspace_id, term)
    DO UPDATE SET num_items = term_statistics.num_items + excluded.num_items
