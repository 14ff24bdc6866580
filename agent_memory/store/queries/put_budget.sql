INSERT INTO budgets (
    workspace_id, budget_id, subject_kind, subject_id, unit, amount, period, time_zone, created_at,
    soft_limit, webhook_url, sealed_webhook_secret
)
VALUES (
    %(workspace_id)s, %(budget_id)s, %(subject_kind)s, %(subject_id)s, %(unit)s, %(amount)s,
    %(period)s, %(time_zone)s, %(now)s, %(soft_limit)s, %(webhook_url)s, %(sealed_secret)s
)
ON CONFLICT (workspace_id, subject_kind, subject_id, unit, period) DO UPDATE SET
    amount = excluded.amount,
    time_zone = excluded.time_zone,
    soft_limit = excluded.soft_limit,
    webhook_url = excluded.webhook_url,
    sealed_webhook_secret = excluded.sealed_webhook_secret
RETURNING budget_id, subject_kind, subject_id, unit, amount, period, time_zone, created_at,
    soft_limit, webhook_url
