SELECT worker_no, seen_at FROM list_job_workers()
