INSERT INTO api_keys (
    key_id, workspace_id, name, secret_hash, scopes, created_at, expires_at, memory, models,
    addresses, contexts, memory_tool
)
VALUES (
    %(key_id)s, %(workspace_id)s, %(name)s, %(secret_hash)s, %(scopes)s, %(now)s, %(expires_at)s,
    %(memory)s, %(models)s, %(addresses)s, %(contexts)s, %(memory_tool)s
)
RETURNING key_id, workspace_id, name, secret_hash, scopes, created_at, expires_at, revoked_at,
    last_used_at, memory, disabled_at, models, addresses, previous_hash, previous_until,
    contexts, memory_tool
