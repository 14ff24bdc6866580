UPDATE budget_counters c
SET spent = c.spent + CASE b.unit WHEN 'usd' THEN %(usd)s::numeric ELSE %(tokens)s::numeric END,
    warned_by = CASE
        WHEN c.warned_by IS NULL
            AND c.spent + CASE b.unit WHEN 'usd' THEN %(usd)s::numeric ELSE %(tokens)s::numeric END
                >= b.soft_limit
            THEN h.reservation_id
        ELSE c.warned_by
    END
FROM budget_holds h
JOIN budgets b USING (workspace_id, budget_id)
WHERE h.reservation_id = %(reservation_id)s
    AND (c.workspace_id, c.budget_id, c.subject_id, c.window_start)
        = (h.workspace_id, h.budget_id, h.subject_id, h.window_start)
RETURNING c.budget_id, c.subject_id, c.window_start, c.spent, c.warned_by
