-- Administrators of the default workspace ran the machine so far, and go on doing so. Those of other
-- workspaces keep their own workspace.
SELECT set_config('app.workspace_id', 'default', true);
UPDATE api_keys SET scopes = array_append(scopes, 'operator')
WHERE 'admin' = ANY (scopes) AND NOT 'operator' = ANY (scopes);
SELECT set_config('app.workspace_id', '', true);
