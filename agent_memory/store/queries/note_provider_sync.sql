UPDATE providers SET sync_fault = %(fault)s,
    synced_at = CASE WHEN %(fault)s::text IS NULL THEN %(now)s ELSE synced_at END
WHERE name = %(name)s
