CREATE TABLE context_webhooks (
    workspace_id text NOT NULL REFERENCES workspaces,
    webhook_id text NOT NULL,
    url text NOT NULL,
    patterns text[] NOT NULL,
    secret text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    disabled_at timestamptz,
    disabled_because text,
    PRIMARY KEY (workspace_id, webhook_id)
);
COMMENT ON COLUMN context_webhooks.patterns IS 'Keys, or beginnings of keys and a star';

ALTER TABLE context_webhooks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON context_webhooks
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON context_webhooks TO agent_memory_app;

ALTER TABLE context_versions ADD COLUMN redacted_at timestamptz, ADD COLUMN redacted_by text;
COMMENT ON COLUMN context_versions.redacted_at IS 'Its content was removed then; the version stays';
