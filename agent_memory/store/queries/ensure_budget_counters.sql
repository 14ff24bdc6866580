INSERT INTO budget_counters (workspace_id, budget_id, subject_id, window_start)
SELECT b.workspace_id, w.budget_id, w.subject_id, w.window_start
FROM unnest(
    %(budget_ids)s::text[], %(subject_ids)s::text[], %(window_starts)s::timestamptz[]
) AS w (budget_id, subject_id, window_start)
JOIN budgets b USING (budget_id)
ORDER BY w.budget_id, w.subject_id, w.window_start
ON CONFLICT DO NOTHING
