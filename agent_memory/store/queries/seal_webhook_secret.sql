UPDATE context_webhooks SET secret = NULL, sealed_secret = %(sealed)s
WHERE workspace_id = %(workspace_id)s AND webhook_id = %(webhook_id)s
