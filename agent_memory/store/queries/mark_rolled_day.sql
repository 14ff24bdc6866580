INSERT INTO usage_rolled_days (workspace_id, day) VALUES (%(workspace_id)s, %(day)s)
ON CONFLICT DO NOTHING
RETURNING day
