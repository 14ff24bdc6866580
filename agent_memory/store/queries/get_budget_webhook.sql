SELECT webhook_url, webhook_secret FROM budgets
WHERE budget_id = %(budget_id)s AND webhook_url IS NOT NULL
