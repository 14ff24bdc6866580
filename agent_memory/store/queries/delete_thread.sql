WITH gone AS (
    DELETE FROM threads
    WHERE workspace_id = %(workspace_id)s AND thread_id = %(thread_id)s
    RETURNING thread_no
)
SELECT (
    SELECT count(*) FROM materials
    WHERE workspace_id = %(workspace_id)s AND materials.thread_no = gone.thread_no
)
FROM gone
