SELECT
    term,
    array_agg(text_no) AS text_nos,
    array_agg(frequency::float8) AS frequencies,
    array_agg(length::float8) AS lengths
FROM context_postings
WHERE workspace_id = %(workspace_id)s AND term = ANY (%(terms)s::text[])
GROUP BY term
