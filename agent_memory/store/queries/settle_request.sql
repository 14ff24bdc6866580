INSERT INTO ledger (
    workspace_id, day, entry_id, request_id, key_id, agent, session_id, surface, requested_model,
    provider, model, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, cost,
    price_id, status, error_code, is_cancelled, is_repeat, is_estimated, num_attempts, started_at,
    latency_ms, first_byte_ms, upstream_ms, settled_at
)
SELECT
    %(workspace_id)s, %(day)s, %(entry_id)s, %(request_id)s, %(key_id)s, %(agent)s::text,
    %(session_id)s::text, %(surface)s, %(requested_model)s, %(provider)s, %(model)s,
    %(input_tokens)s, %(cache_read_tokens)s, %(cache_write_tokens)s, %(output_tokens)s,
    %(cost)s::numeric, %(price_id)s::text, %(status)s, %(error_code)s::text, %(is_cancelled)s,
    %(is_repeat)s, %(is_estimated)s, %(num_attempts)s, %(started_at)s, %(latency_ms)s,
    %(first_byte_ms)s::double precision, %(upstream_ms)s, %(now)s
WHERE NOT %(is_reserved)s OR spend_reservation(
    %(entry_id)s, %(moved_to)s::text, coalesce(%(cost)s::numeric, 0), %(tokens)s::numeric,
    %(warning)s, %(queue)s, %(moment)s
)
ON CONFLICT DO NOTHING
