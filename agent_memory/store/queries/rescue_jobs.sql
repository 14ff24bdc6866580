WITH rescued AS (
    UPDATE procrastinate_jobs
    SET status = CASE
            WHEN abort_requested THEN 'cancelled'
            WHEN attempts + 1 >= %(max_attempts)s THEN 'failed'
            ELSE 'todo'
        END::procrastinate_job_status,
        attempts = attempts + 1,
        scheduled_at = now(),
        worker_id = NULL,
        last_error = 'The worker died.'
    WHERE status = 'doing' AND NOT EXISTS (
        SELECT FROM procrastinate_workers
        WHERE procrastinate_workers.id = procrastinate_jobs.worker_id
            AND last_heartbeat >= now() - make_interval(secs => %(silent_s)s)
    )
    RETURNING id
)
SELECT count(*) FROM rescued
