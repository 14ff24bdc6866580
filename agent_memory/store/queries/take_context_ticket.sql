SELECT key_id, workspace_id, scopes, memory
FROM take_context_ticket(%(ticket_hash)s)
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
