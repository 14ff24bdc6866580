SELECT
    webhook_id, url, patterns, secret, sealed_secret, created_at, created_by, disabled_at,
    disabled_because
FROM context_webhooks
WHERE workspace_id = %(workspace_id)s
    AND (%(webhook_id)s::text IS NULL OR webhook_id = %(webhook_id)s)
ORDER BY created_at, webhook_id
