SELECT name, wire, url, is_enabled, allow_private, allowed, blocked, priority, synced_at, sync_fault
FROM providers
ORDER BY name
