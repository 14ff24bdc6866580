CREATE TABLE context_feeds (
    workspace_id text PRIMARY KEY REFERENCES workspaces,
    last_seq bigint NOT NULL DEFAULT 0,
    first_seq bigint NOT NULL DEFAULT 1
);
COMMENT ON TABLE context_feeds IS
    'Locked by every writer of the workspace: changes are numbered without gaps, in commit order';
COMMENT ON COLUMN context_feeds.first_seq IS 'The oldest change that is kept';

CREATE TABLE contexts (
    workspace_id text NOT NULL REFERENCES workspaces,
    key text COLLATE "C" NOT NULL CHECK (key <> ''),
    lineage text NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    tags text[] NOT NULL,
    session_id text,
    agent_id text,
    ttl_s integer CHECK (ttl_s > 0),
    is_sliding boolean NOT NULL DEFAULT false,
    expires_at timestamptz,
    keep_versions integer CHECK (keep_versions >= 0),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    num_reads bigint NOT NULL DEFAULT 0,
    last_read_at timestamptz,
    PRIMARY KEY (workspace_id, key)
);
COMMENT ON TABLE contexts IS 'The present version of each key; its content is in context_versions';
COMMENT ON COLUMN contexts.lineage IS 'Made anew when a key is made again after it was gone';
COMMENT ON COLUMN contexts.keep_versions IS '0: all of them';
CREATE INDEX contexts_by_expiry ON contexts (workspace_id, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX contexts_by_session ON contexts (workspace_id, session_id, key)
    WHERE session_id IS NOT NULL;
CREATE INDEX contexts_by_agent ON contexts (workspace_id, agent_id, key)
    WHERE agent_id IS NOT NULL;

CREATE TABLE context_versions (
    workspace_id text NOT NULL REFERENCES workspaces,
    lineage text NOT NULL,
    version bigint NOT NULL,
    key text COLLATE "C" NOT NULL,
    cause text NOT NULL,
    from_version bigint,
    format text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    sha256 text,
    body bytea NOT NULL,
    encoding text NOT NULL,
    sealed_with text,
    tags text[] NOT NULL,
    metadata jsonb NOT NULL,
    session_id text,
    agent_id text,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (workspace_id, lineage, version)
);
COMMENT ON COLUMN context_versions.size IS 'Bytes of the content as it was sent';
COMMENT ON COLUMN context_versions.sha256 IS
    'Of the content as it was sent; NULL where it is sealed, for a hash confirms a guess';
COMMENT ON COLUMN context_versions.body IS 'Compressed, then sealed, as encoding and sealed_with say';
COMMENT ON COLUMN context_versions.retired_at IS 'Its context was deleted then';
-- What is compressed already, or sealed, does not get shorter.
ALTER TABLE context_versions ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX context_versions_by_key ON context_versions (workspace_id, key);
CREATE INDEX context_versions_retired ON context_versions (workspace_id, retired_at)
    WHERE retired_at IS NOT NULL;
CREATE INDEX context_versions_sealed ON context_versions (workspace_id, sealed_with)
    WHERE sealed_with IS NOT NULL;

CREATE TABLE context_changes (
    workspace_id text NOT NULL REFERENCES workspaces,
    seq bigint NOT NULL,
    op text NOT NULL,
    cause text NOT NULL,
    key text COLLATE "C" NOT NULL,
    lineage text NOT NULL,
    version bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    session_id text,
    agent_id text,
    PRIMARY KEY (workspace_id, seq)
);
COMMENT ON TABLE context_changes IS 'What happened to which key, in order; never any content';
CREATE INDEX context_changes_by_age ON context_changes (workspace_id, changed_at);

CREATE TABLE context_policies (
    workspace_id text PRIMARY KEY REFERENCES workspaces,
    default_ttl_s integer CHECK (default_ttl_s > 0),
    longest_ttl_s integer CHECK (longest_ttl_s > 0),
    keep_versions integer NOT NULL CHECK (keep_versions >= 0),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN context_policies.keep_versions IS '0: all of them';

ALTER TABLE context_feeds ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE contexts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE context_versions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE context_changes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE context_policies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_workspace ON context_feeds
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON contexts
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON context_versions
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON context_changes
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON context_policies
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));

GRANT SELECT, INSERT, UPDATE, DELETE
    ON context_feeds, contexts, context_versions, context_changes, context_policies
    TO agent_memory_app;
