UPDATE memory_statistics
SET num_items = num_items - gone.num_gone, num_terms = num_terms - gone.num_terms_gone
FROM (
    SELECT count(*) AS num_gone, coalesce(sum(round(length)), 0) AS num_terms_gone
    FROM items
    WHERE workspace_id = %(workspace_id)s AND item_no = ANY (%(item_nos)s::bigint[])
) AS gone
WHERE workspace_id = %(workspace_id)s
