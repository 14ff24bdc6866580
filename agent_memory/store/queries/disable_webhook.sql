UPDATE context_webhooks SET disabled_at = now(), disabled_because = %(reason)s
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s AND disabled_at IS NULL
