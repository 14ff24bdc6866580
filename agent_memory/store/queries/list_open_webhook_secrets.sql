SELECT webhook_id, secret FROM context_webhooks
WHERE workspace_id = %(workspace_id)s AND secret IS NOT NULL
FOR UPDATE
