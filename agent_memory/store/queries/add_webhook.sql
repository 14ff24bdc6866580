INSERT INTO context_webhooks (
    workspace_id, webhook_id, url, patterns, sealed_secret, created_at, created_by
)
SELECT
    %(workspace_id)s, %(webhook_id)s, %(url)s, %(patterns)s::text[], %(sealed_secret)s, %(created_at)s,
    %(created_by)s
WHERE (SELECT count(*) FROM context_webhooks WHERE workspace_id = %(workspace_id)s) < %(most)s
RETURNING webhook_id
