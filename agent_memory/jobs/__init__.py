"""Background work and its schedule, on a job queue that lives in PostgreSQL."""
