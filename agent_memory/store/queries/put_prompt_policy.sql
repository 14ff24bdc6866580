INSERT INTO prompt_policies (workspace_id, is_on, on_for_keys, off_for_keys, keep_days)
VALUES (%(workspace_id)s, %(is_on)s, %(on_for_keys)s, %(off_for_keys)s, %(keep_days)s)
ON CONFLICT (workspace_id) DO UPDATE SET
    is_on = excluded.is_on,
    on_for_keys = excluded.on_for_keys,
    off_for_keys = excluded.off_for_keys,
    keep_days = excluded.keep_days
