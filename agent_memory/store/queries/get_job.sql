SELECT job_no, workspace_id, kind, queue, args, state, is_cancelling, num_attempts, created_at, run_at,
    started_at, finished_at, last_error, outcome
FROM jobs
WHERE workspace_id = %(workspace_id)s AND job_no = %(job_no)s
