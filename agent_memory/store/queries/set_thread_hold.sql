UPDATE threads SET legal_hold = %(is_held)s
WHERE workspace_id = %(workspace_id)s AND thread_id = %(thread_id)s
RETURNING thread_id
