SELECT key_id
FROM api_keys
WHERE key_id = ANY(%(key_ids)s::text[]) AND revoked_at IS NULL
    AND (expires_at IS NULL OR expires_at > now())
