CREATE TABLE context_links (
    workspace_id text NOT NULL REFERENCES workspaces,
    from_key text COLLATE "C" NOT NULL,
    to_key text COLLATE "C" NOT NULL,
    type text NOT NULL,
    strength real NOT NULL CHECK (strength BETWEEN 0 AND 1),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (workspace_id, from_key, to_key, type),
    FOREIGN KEY (workspace_id, from_key) REFERENCES contexts (workspace_id, key) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, to_key) REFERENCES contexts (workspace_id, key) ON DELETE CASCADE
);
CREATE INDEX context_links_to ON context_links (workspace_id, to_key);

CREATE TABLE context_usage (
    workspace_id text NOT NULL REFERENCES workspaces,
    day date NOT NULL,
    num_reads bigint NOT NULL DEFAULT 0,
    num_misses bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, day)
);
COMMENT ON COLUMN context_usage.num_misses IS 'Reads of keys that did not exist, or had expired';

ALTER TABLE context_links ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE context_usage ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON context_links
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON context_usage
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON context_links, context_usage TO agent_memory_app;
