DELETE FROM context_webhooks
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s
RETURNING webhook_id
