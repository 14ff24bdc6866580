SELECT enqueue_job(
    %(kind)s, %(queue)s, %(args)s::jsonb, %(once)s, %(run_at)s::timestamptz, %(priority)s
)
