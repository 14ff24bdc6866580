WITH rows AS (
    SELECT day, key_id, provider, model, agent, session_id, num_requests, num_errors,
        num_cancelled, num_unpriced, input_tokens, cache_read_tokens, cache_write_tokens,
        output_tokens, cost, latency_ms
    FROM usage_days
    WHERE day BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT day, key_id, provider, model, coalesce(agent, ''), coalesce(session_id, ''), 1,
        (error_code IS NOT NULL)::integer, is_cancelled::integer, (cost IS NULL)::integer,
        input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, coalesce(cost, 0),
        latency_ms
    FROM ledger l
    WHERE day BETWEEN %(first)s AND %(last)s
        AND NOT EXISTS (SELECT FROM usage_rolled_days r WHERE r.day = l.day)
)
SELECT
    CASE WHEN 'day' = ANY (%(by)s::text[]) THEN day END AS day,
    CASE WHEN 'key' = ANY (%(by)s::text[]) THEN key_id END AS key_id,
    CASE WHEN 'provider' = ANY (%(by)s::text[]) THEN provider END AS provider,
    CASE WHEN 'model' = ANY (%(by)s::text[]) THEN model END AS model,
    CASE WHEN 'agent' = ANY (%(by)s::text[]) THEN agent END AS agent,
    CASE WHEN 'session' = ANY (%(by)s::text[]) THEN session_id END AS session_id,
    sum(num_requests)::bigint AS num_requests,
    sum(num_errors)::bigint AS num_errors,
    sum(num_cancelled)::bigint AS num_cancelled,
    sum(num_unpriced)::bigint AS num_unpriced,
    sum(input_tokens)::bigint AS input_tokens,
    sum(cache_read_tokens)::bigint AS cache_read_tokens,
    sum(cache_write_tokens)::bigint AS cache_write_tokens,
    sum(output_tokens)::bigint AS output_tokens,
    sum(cost) AS cost,
    sum(latency_ms) AS latency_ms
FROM rows
WHERE %(key_id)s::text IS NULL OR key_id = %(key_id)s
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4, 5, 6
LIMIT 10000
