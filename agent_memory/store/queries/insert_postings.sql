INSERT INTO postings (
    workspace_id, term, thread_no, item_no, place, is_message, frequency, length
)
SELECT
    workspace_id, term, thread_no, item_no, place, position IS NOT NULL, frequency, length
FROM items, unnest(terms, frequencies) AS found (term, frequency)
WHERE workspace_id = %(workspace_id)s AND item_no = ANY (%(item_nos)s::bigint[])
ORDER BY term, thread_no, item_no
