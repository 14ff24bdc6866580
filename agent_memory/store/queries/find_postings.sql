WITH wanted AS MATERIALIZED (
    SELECT term, num_items,
        row_number() OVER (ORDER BY num_items, term) AS nth,
        sum(num_items) OVER (ORDER BY num_items, term) AS num_read
    FROM term_statistics
    WHERE workspace_id = %(workspace_id)s AND term = ANY (%(terms)s::text[])
),
scope AS MATERIALIZED (
    SELECT thread_no FROM threads
    WHERE workspace_id = %(workspace_id)s AND thread_id = ANY (%(thread_ids)s::text[])
)
SELECT
    wanted.term, wanted.num_items, collection.num_items AS collection_items,
    collection.num_terms AS collection_terms, item_nos, spots, frequencies, lengths
FROM wanted
JOIN memory_statistics AS collection ON collection.workspace_id = %(workspace_id)s
CROSS JOIN LATERAL (
    SELECT
        array_send(array_agg(item_no)) AS item_nos,
        array_send(array_agg(
            (thread_no::bigint << 32) + ((coalesce(place, -1) + 1::bigint) << 1)
            + is_message::integer
        )) AS spots,
        array_send(array_agg(frequency)) AS frequencies,
        array_send(array_agg(length)) AS lengths
    FROM postings
    WHERE postings.workspace_id = %(workspace_id)s AND postings.term = wanted.term
        AND (%(thread_ids)s::text[] IS NULL OR thread_no IN (SELECT thread_no FROM scope))
) AS found
WHERE nth <= %(max_terms)s AND (nth = 1 OR num_read <= %(max_postings)s) AND item_nos IS NOT NULL
ORDER BY nth
