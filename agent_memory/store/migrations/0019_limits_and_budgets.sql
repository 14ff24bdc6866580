-- A key may be disabled for a while, bound to models and addresses, and get a new secret while the
-- old one still opens.
ALTER TABLE api_keys
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN models text[],
    ADD COLUMN addresses text[],
    ADD COLUMN previous_hash bytea CHECK (length(previous_hash) = 32),
    ADD COLUMN previous_until timestamptz,
    ADD CONSTRAINT previous_secret_ends CHECK ((previous_hash IS NULL) = (previous_until IS NULL));
COMMENT ON COLUMN api_keys.models IS 'Patterns of models that it may use; null: all';
COMMENT ON COLUMN api_keys.addresses IS 'Networks that it may be used from; null: all';
COMMENT ON COLUMN api_keys.previous_hash IS 'Of the secret before the last rotation';

CREATE TABLE limits (
    workspace_id text NOT NULL REFERENCES workspaces,
    limit_id text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    metric text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    per_s integer NOT NULL CHECK (per_s > 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, limit_id),
    UNIQUE (workspace_id, subject_kind, subject_id, metric, per_s)
);
COMMENT ON COLUMN limits.subject_id IS '*: each subject of the kind for itself';

CREATE TABLE budgets (
    workspace_id text NOT NULL REFERENCES workspaces,
    budget_id text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    unit text NOT NULL CHECK (unit IN ('usd', 'tokens')),
    amount numeric NOT NULL CHECK (amount >= 0),
    period text NOT NULL CHECK (period IN ('day', 'month', 'total')),
    time_zone text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, budget_id),
    UNIQUE (workspace_id, subject_kind, subject_id, unit, period)
);

CREATE TABLE budget_counters (
    workspace_id text NOT NULL,
    budget_id text NOT NULL,
    subject_id text NOT NULL,
    window_start timestamptz NOT NULL,
    spent numeric NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, budget_id, subject_id, window_start),
    FOREIGN KEY (workspace_id, budget_id) REFERENCES budgets ON DELETE CASCADE
);

CREATE TABLE reservations (
    workspace_id text NOT NULL,
    reservation_id text NOT NULL,
    request_id text NOT NULL,
    key_id text NOT NULL,
    agent text,
    session_id text,
    surface text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    input_tokens bigint NOT NULL DEFAULT 0,
    cache_read_tokens bigint NOT NULL DEFAULT 0,
    cache_write_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cost numeric,
    price_id text,
    PRIMARY KEY (workspace_id, reservation_id)
);
COMMENT ON COLUMN reservations.expires_at IS 'Nothing is held after this: its process has died';
COMMENT ON COLUMN reservations.input_tokens IS 'What it was last known to have used';
CREATE INDEX reservations_by_expiry ON reservations (workspace_id, expires_at);

CREATE TABLE budget_holds (
    workspace_id text NOT NULL,
    reservation_id text NOT NULL,
    budget_id text NOT NULL,
    subject_id text NOT NULL,
    window_start timestamptz NOT NULL,
    amount numeric NOT NULL,
    PRIMARY KEY (workspace_id, reservation_id, budget_id),
    FOREIGN KEY (workspace_id, reservation_id) REFERENCES reservations ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, budget_id, subject_id, window_start)
        REFERENCES budget_counters ON DELETE CASCADE
);
CREATE INDEX budget_holds_by_counter
    ON budget_holds (workspace_id, budget_id, subject_id, window_start);

ALTER TABLE limits ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE budgets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE budget_counters ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE reservations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE budget_holds ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_workspace ON limits
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON budgets
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON budget_counters
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON reservations
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON budget_holds
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));

GRANT SELECT, INSERT, UPDATE, DELETE ON
    limits, budgets, budget_counters, reservations, budget_holds
    TO agent_memory_app;
