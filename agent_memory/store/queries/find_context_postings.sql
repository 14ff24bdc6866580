SELECT
    term,
    array_agg(text_no) AS text_nos,
    array_agg(frequency::float8) AS frequencies,
    array_agg(length::float8) AS lengths,
    (SELECT count(*) FROM context_texts WHERE workspace_id = %(workspace_id)s) AS num_texts,
    (
        SELECT coalesce(avg(length), 1)::float8 FROM context_texts
        WHERE workspace_id = %(workspace_id)s
    ) AS mean_length
FROM context_postings
WHERE workspace_id = %(workspace_id)s AND term = ANY (%(terms)s::text[])
GROUP BY term
