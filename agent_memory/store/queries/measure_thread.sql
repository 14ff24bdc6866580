SELECT
    kind, role, state, count(*) AS num_items,
    sum(length(text)) FILTER (WHERE position IS NOT NULL) AS num_characters,
    min(occurred_at) AS first_occurred_at,
    max(coalesce(last_occurred_at, occurred_at)) AS last_occurred_at
FROM items JOIN threads USING (workspace_id, thread_no)
WHERE workspace_id = %(workspace_id)s AND thread_id = %(thread_id)s
GROUP BY kind, role, state
