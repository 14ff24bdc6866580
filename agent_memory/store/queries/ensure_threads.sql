INSERT INTO threads (workspace_id, thread_id)
SELECT %(workspace_id)s, wanted FROM unnest(%(thread_ids)s::text[]) AS wanted
ON CONFLICT (workspace_id, thread_id) DO UPDATE SET updated_at = now()
RETURNING thread_id, thread_no, next_position
