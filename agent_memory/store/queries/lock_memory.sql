SELECT pg_advisory_xact_lock(hashtextextended('memory of ' || %(workspace_id)s::text, 0))
