UPDATE procrastinate_jobs SET last_error = %(error)s WHERE id = %(job_no)s
