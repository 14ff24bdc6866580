SELECT enqueue_job(
    %(kind)s, %(queue)s, jsonb_build_object('webhook_id', webhook_id, 'seq', %(seq)s::bigint),
    NULL, NULL, 0
)
FROM context_webhooks
WHERE workspace_id = %(workspace_id)s
    AND disabled_at IS NULL
    AND EXISTS (
        SELECT FROM unnest(patterns) AS pattern
        WHERE CASE
            WHEN right(pattern, 1) = '*' THEN starts_with(%(key)s, left(pattern, -1))
            ELSE pattern = %(key)s
        END
    )
