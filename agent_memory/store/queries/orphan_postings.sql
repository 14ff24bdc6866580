UPDATE postings
SET place = NULL
FROM items, unnest(items.terms) AS found (term)
WHERE items.workspace_id = %(workspace_id)s
    AND items.item_no = ANY (%(item_nos)s::bigint[])
    AND postings.workspace_id = items.workspace_id
    AND postings.term = found.term
    AND postings.thread_no = items.thread_no
    AND postings.item_no = items.item_no
