SELECT pg_advisory_xact_lock(hashtextextended('contexts of ' || %(workspace_id)s::text, 0))
