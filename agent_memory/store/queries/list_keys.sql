SELECT key_id, workspace_id, name, secret_hash, scopes, created_at, expires_at, revoked_at,
    last_used_at, memory, disabled_at, models, addresses, previous_hash, previous_until,
    contexts, memory_tool
FROM api_keys
ORDER BY created_at DESC, key_id
