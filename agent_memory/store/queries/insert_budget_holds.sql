INSERT INTO budget_holds (
    workspace_id, reservation_id, budget_id, subject_id, window_start, amount
)
SELECT %(workspace_id)s, %(reservation_id)s, w.budget_id, w.subject_id, w.window_start, w.amount
FROM unnest(
    %(budget_ids)s::text[], %(subject_ids)s::text[], %(window_starts)s::timestamptz[],
    %(amounts)s::numeric[]
) AS w (budget_id, subject_id, window_start, amount)
JOIN budget_counters c USING (budget_id, subject_id, window_start)
