SELECT count(*) AS num_texts, coalesce(avg(length), 1)::float8 AS mean_length
FROM context_texts
WHERE workspace_id = %(workspace_id)s
