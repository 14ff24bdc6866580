SELECT entry_id, request_id, key_id, agent, session_id, surface, requested_model, provider, model,
    input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, cost, price_id, status,
    error_code, is_cancelled, is_repeat, is_estimated, num_attempts, started_at, latency_ms,
    first_byte_ms, upstream_ms, settled_at
FROM ledger
WHERE (%(key_id)s::text IS NULL OR key_id = %(key_id)s)
    AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
    AND (
        %(before_at)s::timestamptz IS NULL
        OR (settled_at, entry_id) < (%(before_at)s, %(before_id)s)
    )
    AND (%(before_at)s::timestamptz IS NULL OR day <= (%(before_at)s AT TIME ZONE 'UTC')::date)
ORDER BY settled_at DESC, entry_id DESC
LIMIT %(limit)s
