UPDATE threads SET title = %(title)s
WHERE workspace_id = %(workspace_id)s AND thread_id = %(thread_id)s
RETURNING thread_id
