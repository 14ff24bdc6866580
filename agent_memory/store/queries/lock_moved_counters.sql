SELECT c.budget_id, c.subject_id, c.window_start, c.spent
FROM budget_counters c
JOIN budget_holds h USING (workspace_id, budget_id, window_start)
WHERE h.reservation_id = %(reservation_id)s
    AND c.subject_id IN (h.subject_id, %(session_id)s)
ORDER BY c.budget_id, c.subject_id, c.window_start
FOR UPDATE OF c
