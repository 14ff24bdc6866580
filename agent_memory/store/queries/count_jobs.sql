SELECT queue, state, count(*) AS num_jobs,
    coalesce(extract(epoch FROM now() - min(coalesce(run_at, created_at)) FILTER (
        WHERE state = 'queued' AND coalesce(run_at, created_at) <= now()
    )), 0)::float AS waits_s
FROM jobs
WHERE workspace_id = %(workspace_id)s
GROUP BY queue, state
ORDER BY queue, state
