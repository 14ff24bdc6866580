SELECT reservation_id, request_id, key_id, agent, session_id, surface, provider, model, started_at,
    input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, cost, price_id
FROM reservations
WHERE expires_at < clock_timestamp() - %(grace)s::interval
ORDER BY reservation_id
LIMIT 1000
