UPDATE budget_holds h
SET subject_id = %(session_id)s
FROM budgets b
WHERE h.reservation_id = %(reservation_id)s
    AND (b.workspace_id, b.budget_id) = (h.workspace_id, h.budget_id)
    AND b.subject_kind = 'session'
    AND b.subject_id = '*'
