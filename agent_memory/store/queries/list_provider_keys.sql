SELECT provider, key_id, sealed, last_four, weight, created_at
FROM provider_keys
ORDER BY provider, created_at, key_id
