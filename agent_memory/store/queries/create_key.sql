INSERT INTO api_keys (
    key_id, workspace_id, name, secret_hash, scopes, created_at, expires_at, memory, models,
    addresses
)
VALUES (
    %(key_id)s, %(workspace_id)s, %(name)s, %(secret_hash)s, %(scopes)s, %(now)s, %(expires_at)s,
    %(memory)s, %(models)s, %(addresses)s
)
RETURNING key_id, workspace_id, name, secret_hash, scopes, created_at, expires_at, revoked_at,
    last_used_at, memory, disabled_at, models, addresses, previous_hash, previous_until
