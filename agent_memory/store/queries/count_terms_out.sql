UPDATE term_statistics
SET num_items = num_items - gone.num_gone
FROM (
    SELECT term, count(*) AS num_gone
    FROM items, unnest(terms) AS term
    WHERE workspace_id = %(workspace_id)s AND item_no = ANY (%(item_nos)s::bigint[])
    GROUP BY term
) AS gone
WHERE workspace_id = %(workspace_id)s AND term_statistics.term = gone.term
