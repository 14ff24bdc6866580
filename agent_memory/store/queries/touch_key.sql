UPDATE api_keys
SET last_used_at = %(now)s
WHERE key_id = %(key_id)s
    AND (last_used_at IS NULL OR last_used_at <= %(now)s - make_interval(secs => %(interval_s)s))
