UPDATE api_keys
SET revoked_at = coalesce(revoked_at, %(now)s)
WHERE key_id = %(key_id)s
RETURNING key_id, workspace_id, name, secret_hash, scopes, created_at, expires_at, revoked_at,
    last_used_at, memory, disabled_at, models, addresses, previous_hash, previous_until,
    contexts, memory_tool
