UPDATE api_keys
SET
    name = %(name)s,
    scopes = %(scopes)s,
    expires_at = %(expires_at)s,
    disabled_at = %(disabled_at)s,
    models = %(models)s,
    addresses = %(addresses)s,
    contexts = %(contexts)s,
    memory_tool = %(memory_tool)s
WHERE key_id = %(key_id)s
RETURNING key_id, workspace_id, name, secret_hash, scopes, created_at, expires_at, revoked_at,
    last_used_at, memory, disabled_at, models, addresses, previous_hash, previous_until,
    contexts, memory_tool
