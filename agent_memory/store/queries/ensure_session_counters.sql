INSERT INTO budget_counters (workspace_id, budget_id, subject_id, window_start)
SELECT h.workspace_id, h.budget_id, %(session_id)s, h.window_start
FROM budget_holds h
JOIN budgets b USING (workspace_id, budget_id)
WHERE h.reservation_id = %(reservation_id)s AND b.subject_kind = 'session' AND b.subject_id = '*'
ORDER BY h.budget_id, h.window_start
ON CONFLICT DO NOTHING
