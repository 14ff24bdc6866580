SELECT list_workspaces() AS workspace_id
