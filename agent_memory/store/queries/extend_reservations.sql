UPDATE reservations r
SET
    expires_at = clock_timestamp() + %(lease)s,
    input_tokens = w.input_tokens,
    cache_read_tokens = w.cache_read_tokens,
    cache_write_tokens = w.cache_write_tokens,
    output_tokens = w.output_tokens,
    cost = w.cost
FROM unnest(
    %(reservation_ids)s::text[], %(input_tokens)s::bigint[], %(cache_read_tokens)s::bigint[],
    %(cache_write_tokens)s::bigint[], %(output_tokens)s::bigint[],
    %(costs)s::numeric[]
) AS w (
    reservation_id, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, cost
)
WHERE r.reservation_id = w.reservation_id
