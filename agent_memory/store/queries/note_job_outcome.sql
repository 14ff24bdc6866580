UPDATE procrastinate_jobs SET outcome = %(outcome)s::jsonb WHERE id = %(job_no)s
