SELECT retry_job(%(job_no)s)
