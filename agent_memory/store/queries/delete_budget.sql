DELETE FROM budgets WHERE budget_id = %(budget_id)s
RETURNING budget_id, subject_kind, subject_id, unit, amount, period, time_zone, created_at,
    soft_limit, webhook_url
