INSERT INTO memory_statistics (workspace_id, num_items, num_terms)
SELECT %(workspace_id)s, count(*), coalesce(sum(round(length)), 0)
FROM items
WHERE workspace_id = %(workspace_id)s AND item_no = ANY (%(item_nos)s::bigint[])
ON CONFLICT (workspace_id) DO UPDATE SET
    num_items = memory_statistics.num_items + excluded.num_items,
    num_terms = memory_statistics.num_terms + excluded.num_terms
