INSERT INTO workspaces (workspace_id) VALUES (%(workspace_id)s)
