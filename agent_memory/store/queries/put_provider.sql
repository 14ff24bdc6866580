INSERT INTO providers (name, wire, url, allow_private, allowed, blocked, priority)
VALUES (%(name)s, %(wire)s, %(url)s, %(allow_private)s, %(allowed)s, %(blocked)s, %(priority)s)
ON CONFLICT (name) DO UPDATE SET wire = EXCLUDED.wire, url = EXCLUDED.url,
    allow_private = EXCLUDED.allow_private, allowed = EXCLUDED.allowed,
    blocked = EXCLUDED.blocked, priority = EXCLUDED.priority, is_enabled = true
