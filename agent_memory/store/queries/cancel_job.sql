SELECT cancel_job(%(job_no)s)
