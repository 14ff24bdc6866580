SELECT budget_id, subject_kind, subject_id, unit, amount, period, time_zone, created_at,
    soft_limit, webhook_url
FROM budgets
ORDER BY created_at, budget_id
