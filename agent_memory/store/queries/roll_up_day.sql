INSERT INTO usage_days (
    workspace_id, day, key_id, provider, model, agent, session_id, num_requests, num_errors,
    num_cancelled, num_unpriced, input_tokens, cache_read_tokens, cache_write_tokens,
    output_tokens, cost, latency_ms
)
SELECT workspace_id, day, key_id, provider, model, coalesce(agent, ''), coalesce(session_id, ''),
    count(*), count(error_code), count(*) FILTER (WHERE is_cancelled),
    count(*) FILTER (WHERE cost IS NULL), sum(input_tokens), sum(cache_read_tokens),
    sum(cache_write_tokens), sum(output_tokens), coalesce(sum(cost), 0), sum(latency_ms)
FROM ledger
WHERE day = %(day)s
GROUP BY 1, 2, 3, 4, 5, 6, 7
