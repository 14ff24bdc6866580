-- Readiness writes the row of a workspace again as it is, to know that the database takes writes.
GRANT UPDATE (created_at) ON workspaces TO agent_memory_app;
