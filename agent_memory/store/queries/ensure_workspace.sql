INSERT INTO workspaces (workspace_id) VALUES (%(workspace_id)s)
ON CONFLICT DO NOTHING
