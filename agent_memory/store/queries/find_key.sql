SELECT key_id, workspace_id, name, secret_hash, scopes, created_at, expires_at, revoked_at,
    last_used_at, memory
FROM find_key(%(key_id)s)
