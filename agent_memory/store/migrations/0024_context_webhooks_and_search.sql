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

-- What contexts are found by: written with them, in one transaction, by the only writer that a
-- workspace has at the moment. Sealed contexts are not here.
CREATE TABLE context_texts (
    workspace_id text NOT NULL REFERENCES workspaces,
    text_no bigint GENERATED ALWAYS AS IDENTITY,
    key text COLLATE "C" NOT NULL,
    lineage text NOT NULL,
    version bigint NOT NULL,
    length real NOT NULL,
    PRIMARY KEY (workspace_id, text_no),
    UNIQUE (workspace_id, key)
);
COMMENT ON COLUMN context_texts.length IS 'In terms, weighted as the frequencies are';

CREATE TABLE context_postings (
    workspace_id text NOT NULL,
    term text COLLATE "C" NOT NULL,
    text_no bigint NOT NULL,
    frequency real NOT NULL,
    length real NOT NULL,
    PRIMARY KEY (workspace_id, term, text_no) INCLUDE (frequency, length),
    FOREIGN KEY (workspace_id, text_no) REFERENCES context_texts ON DELETE CASCADE
);
CREATE INDEX context_postings_by_text ON context_postings (workspace_id, text_no);

CREATE TABLE context_vectors (
    workspace_id text NOT NULL,
    space_id text NOT NULL,
    text_no bigint NOT NULL,
    embedding halfvec,
    PRIMARY KEY (workspace_id, space_id, text_no),
    FOREIGN KEY (workspace_id, text_no) REFERENCES context_texts ON DELETE CASCADE
);
COMMENT ON COLUMN context_vectors.embedding IS 'NULL: the model does not take the text';
CREATE INDEX context_vectors_by_text ON context_vectors (workspace_id, text_no);

ALTER TABLE context_texts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE context_postings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE context_vectors ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_workspace ON context_texts
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON context_postings
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON context_vectors
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON context_texts, context_postings, context_vectors
    TO agent_memory_app;
