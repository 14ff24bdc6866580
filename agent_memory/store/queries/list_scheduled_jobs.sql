SELECT kind, queued_at FROM list_scheduled_jobs()
