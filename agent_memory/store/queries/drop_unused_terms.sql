DELETE FROM term_statistics
USING items, unnest(items.terms) AS found (term)
WHERE items.workspace_id = %(workspace_id)s
    AND items.item_no = ANY (%(item_nos)s::bigint[])
    AND term_statistics.workspace_id = items.workspace_id
    AND term_statistics.term = found.term
    AND num_items = 0
