SELECT subject_kind, subject_id, unit, period, webhook_url, sealed_webhook_secret FROM budgets
WHERE budget_id = %(budget_id)s AND webhook_url IS NOT NULL
