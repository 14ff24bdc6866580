SELECT c.budget_id, c.subject_id, c.window_start, c.spent
FROM budget_counters c
JOIN unnest(
    %(budget_ids)s::text[], %(subject_ids)s::text[], %(window_starts)s::timestamptz[]
) AS w (budget_id, subject_id, window_start) USING (budget_id, subject_id, window_start)
ORDER BY c.budget_id, c.subject_id, c.window_start
FOR UPDATE OF c
