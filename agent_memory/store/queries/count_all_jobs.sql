SELECT queue, state, num_jobs, waits_s FROM count_all_jobs() ORDER BY queue, state
