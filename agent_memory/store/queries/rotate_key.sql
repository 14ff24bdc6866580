UPDATE api_keys
SET
    previous_hash = secret_hash,
    previous_until = %(previous_until)s,
    secret_hash = %(secret_hash)s
WHERE key_id = %(key_id)s AND revoked_at IS NULL
RETURNING key_id, workspace_id, name, secret_hash, scopes, created_at, expires_at, revoked_at,
    last_used_at, memory, disabled_at, models, addresses, previous_hash, previous_until,
    contexts, memory_tool
