CREATE TABLE ledger (
    workspace_id text NOT NULL,
    day date NOT NULL,
    entry_id text NOT NULL,
    request_id text NOT NULL,
    key_id text NOT NULL,
    agent text,
    session_id text,
    surface text NOT NULL,
    requested_model text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    input_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost numeric,
    price_id text,
    status integer NOT NULL,
    error_code text,
    is_cancelled boolean NOT NULL,
    is_repeat boolean NOT NULL,
    is_estimated boolean NOT NULL,
    num_attempts integer NOT NULL,
    started_at timestamptz NOT NULL,
    latency_ms double precision NOT NULL,
    first_byte_ms double precision,
    upstream_ms double precision NOT NULL,
    settled_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, day, entry_id)
) PARTITION BY RANGE (day);
COMMENT ON COLUMN ledger.day IS 'Of settled_at, in UTC';
COMMENT ON COLUMN ledger.cost IS 'Dollars; null where no price is known';
CREATE INDEX ledger_by_time ON ledger (workspace_id, settled_at DESC, entry_id DESC);

CREATE TABLE usage_days (
    workspace_id text NOT NULL,
    day date NOT NULL,
    key_id text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    agent text NOT NULL,
    session_id text NOT NULL,
    num_requests bigint NOT NULL,
    num_errors bigint NOT NULL,
    num_cancelled bigint NOT NULL,
    num_unpriced bigint NOT NULL,
    input_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost numeric NOT NULL,
    latency_ms double precision NOT NULL,
    PRIMARY KEY (workspace_id, day, key_id, provider, model, agent, session_id)
);
COMMENT ON TABLE usage_days IS 'The ledger of days that are over, added up';
COMMENT ON COLUMN usage_days.agent IS 'Empty for none, as session_id';

CREATE TABLE usage_rolled_days (
    workspace_id text NOT NULL,
    day date NOT NULL,
    PRIMARY KEY (workspace_id, day)
);
COMMENT ON TABLE usage_rolled_days IS 'Days whose sums are in usage_days';

CREATE TABLE audit_heads (
    workspace_id text PRIMARY KEY,
    entry_no bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
COMMENT ON TABLE audit_heads IS 'What each audit log ends with, so that a cut end is noticed';

CREATE TABLE audit_log (
    workspace_id text NOT NULL,
    entry_no bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail text NOT NULL,
    previous_hash bytea NOT NULL CHECK (length(previous_hash) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (workspace_id, entry_no)
);

ALTER TABLE ledger ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_days ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE usage_rolled_days ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_workspace ON ledger
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON usage_days
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON usage_rolled_days
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON audit_heads
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON audit_log
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));

-- A day of the ledger is a table of its own, made by the owner: the application may have it made.
CREATE FUNCTION make_ledger_day(wanted date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = agent_memory, pg_temp
    AS $$
DECLARE
    part text := 'ledger_' || to_char(wanted, 'YYYYMMDD');
BEGIN
    IF to_regclass('agent_memory.' || part) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('agent_memory ledger days', 0));
    IF to_regclass('agent_memory.' || part) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format(
        'CREATE TABLE %I PARTITION OF ledger FOR VALUES FROM (%L) TO (%L)',
        part, wanted, wanted + 1
    );
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
    EXECUTE format(
        'CREATE POLICY own_workspace ON %I'
        ' USING (workspace_id = current_setting(''app.workspace_id'', true))'
        ' WITH CHECK (workspace_id = current_setting(''app.workspace_id'', true))',
        part
    );
END
$$;
REVOKE ALL ON FUNCTION make_ledger_day(date) FROM PUBLIC;
SELECT make_ledger_day(current_date + ahead) FROM generate_series(0, 7) AS ahead;

-- The audit log only grows, for the owner of the table too.
CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = agent_memory, pg_temp
    AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is never changed.';
END
$$;
CREATE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON ledger, audit_log TO agent_memory_app;
GRANT SELECT, INSERT, DELETE ON usage_days, usage_rolled_days TO agent_memory_app;
GRANT SELECT, INSERT, UPDATE ON audit_heads TO agent_memory_app;
GRANT EXECUTE ON FUNCTION make_ledger_day(date) TO agent_memory_app;
