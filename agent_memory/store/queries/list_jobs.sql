SELECT job_no, workspace_id, kind, queue, args, state, is_cancelling, num_attempts, created_at, run_at,
    started_at, finished_at, last_error, outcome
FROM jobs
WHERE workspace_id = %(workspace_id)s
    AND (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (%(before)s::bigint IS NULL OR job_no < %(before)s)
ORDER BY job_no DESC
LIMIT %(limit)s
