SELECT h.budget_id, h.subject_id, h.window_start, sum(h.amount) AS held
FROM budget_holds h
JOIN reservations r USING (workspace_id, reservation_id)
JOIN unnest(
    %(budget_ids)s::text[], %(subject_ids)s::text[], %(window_starts)s::timestamptz[]
) AS w (budget_id, subject_id, window_start) USING (budget_id, subject_id, window_start)
WHERE r.expires_at > clock_timestamp()
GROUP BY h.budget_id, h.subject_id, h.window_start
