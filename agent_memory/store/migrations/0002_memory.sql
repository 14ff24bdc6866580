CREATE TABLE threads (
    workspace_id text NOT NULL REFERENCES workspaces,
    thread_id text NOT NULL,
    thread_no integer GENERATED ALWAYS AS IDENTITY,
    title text,
    legal_hold boolean NOT NULL DEFAULT false,
    next_position integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, thread_id),
    UNIQUE (workspace_id, thread_no)
);
COMMENT ON COLUMN threads.thread_no IS 'Stands for the thread inside the database';
COMMENT ON COLUMN threads.next_position IS 'Of the next message; never taken back';
CREATE INDEX threads_by_use ON threads (workspace_id, updated_at DESC, thread_id DESC);

CREATE TABLE materials (
    workspace_id text NOT NULL,
    material_id text NOT NULL,
    thread_no integer NOT NULL,
    kind text NOT NULL,
    text text NOT NULL,
    content_hash text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    purpose text,
    metadata jsonb NOT NULL,
    notes text[] NOT NULL,
    redactions jsonb NOT NULL,
    redaction_version integer NOT NULL,
    PRIMARY KEY (workspace_id, material_id),
    UNIQUE (workspace_id, thread_no, content_hash),
    FOREIGN KEY (workspace_id, thread_no) REFERENCES threads (workspace_id, thread_no)
        ON DELETE CASCADE
);
COMMENT ON COLUMN materials.redaction_version IS 'Of the policy that the text was redacted by';
CREATE INDEX materials_by_redaction ON materials (workspace_id, redaction_version, material_id);

CREATE SEQUENCE item_numbers;
CREATE TABLE items (
    workspace_id text NOT NULL,
    item_no bigint NOT NULL,
    item_id text NOT NULL,
    thread_no integer NOT NULL,
    material_id text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    text text NOT NULL,
    context text NOT NULL,
    search_text text NOT NULL,
    span_begin integer NOT NULL,
    span_end integer NOT NULL,
    occurred_at timestamptz NOT NULL,
    last_occurred_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    retired_at timestamptz,
    content_hash text NOT NULL,
    role text,
    speaker text,
    position integer,
    place integer,
    source_id text,
    subject text,
    fingerprint text,
    keys jsonb NOT NULL,
    confidence real NOT NULL,
    num_occurrences integer NOT NULL,
    successor_id text,
    importance_override real CHECK (importance_override BETWEEN 0 AND 1),
    num_uses integer NOT NULL DEFAULT 0 CHECK (num_uses >= 0),
    num_helpful integer NOT NULL DEFAULT 0 CHECK (num_helpful >= 0),
    num_not_helpful integer NOT NULL DEFAULT 0 CHECK (num_not_helpful >= 0),
    legal_hold boolean NOT NULL DEFAULT false,
    metadata jsonb NOT NULL,
    terms text[] NOT NULL,
    frequencies real[] NOT NULL,
    length real NOT NULL,
    PRIMARY KEY (workspace_id, item_no),
    UNIQUE (workspace_id, item_id),
    FOREIGN KEY (workspace_id, thread_no) REFERENCES threads (workspace_id, thread_no)
        ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, material_id) REFERENCES materials ON DELETE CASCADE
);
ALTER SEQUENCE item_numbers OWNED BY items.item_no;
COMMENT ON COLUMN items.item_no IS 'Stands for the item inside the database';
COMMENT ON COLUMN items.place IS 'Position of the message that it is or was derived from';
COMMENT ON COLUMN items.terms IS 'What its postings are, so that they can be taken back exactly';
CREATE UNIQUE INDEX items_by_content ON items (workspace_id, thread_no, kind, content_hash);
CREATE INDEX items_by_place ON items (workspace_id, thread_no, place);
CREATE INDEX items_by_time ON items (workspace_id, occurred_at DESC, item_no DESC);
CREATE INDEX items_by_kind ON items (workspace_id, kind, occurred_at DESC, item_no DESC);
CREATE INDEX items_by_material ON items (workspace_id, material_id);
CREATE INDEX items_by_source ON items (workspace_id, source_id) WHERE source_id IS NOT NULL;
CREATE INDEX items_by_subject ON items (workspace_id, subject) WHERE subject IS NOT NULL;
CREATE INDEX items_by_successor ON items (workspace_id, successor_id)
    WHERE successor_id IS NOT NULL;

CREATE VIEW stored_items WITH (security_invoker = true) AS
    SELECT
        items.workspace_id, item_no, item_id, thread_no, thread_id, material_id, kind, state, text,
        context, span_begin, span_end, occurred_at, last_occurred_at, recorded_at, valid_from,
        valid_to, retired_at, content_hash, role, speaker, position, place, source_id, subject,
        fingerprint, keys::text AS keys, confidence, num_occurrences, successor_id,
        importance_override, num_uses, num_helpful, num_not_helpful,
        items.legal_hold OR threads.legal_hold AS legal_hold, metadata::text AS metadata, terms
    FROM items JOIN threads USING (workspace_id, thread_no);

-- No foreign keys here: a check for each of a message's dozen postings would cost more than all
-- the rest of storing it. Whoever writes or erases an item does so with its postings and keys.
CREATE TABLE postings (
    workspace_id text NOT NULL,
    term text COLLATE "C" NOT NULL,
    thread_no integer NOT NULL,
    item_no bigint NOT NULL,
    place integer,
    is_message boolean NOT NULL,
    frequency real NOT NULL,
    length real NOT NULL,
    PRIMARY KEY (workspace_id, term, thread_no, item_no)
        INCLUDE (place, is_message, frequency, length)
);
COMMENT ON TABLE postings IS 'The terms of items, written in the transaction of the item';
COMMENT ON COLUMN postings.length IS 'Of the item, in terms, weighted as the frequencies are';

CREATE TABLE term_statistics (
    workspace_id text NOT NULL,
    term text COLLATE "C" NOT NULL,
    num_items bigint NOT NULL CHECK (num_items >= 0),
    PRIMARY KEY (workspace_id, term)
) WITH (fillfactor = 70);

CREATE TABLE memory_statistics (
    workspace_id text PRIMARY KEY REFERENCES workspaces,
    num_items bigint NOT NULL CHECK (num_items >= 0),
    num_terms bigint NOT NULL CHECK (num_terms >= 0)
) WITH (fillfactor = 50);
COMMENT ON COLUMN memory_statistics.num_terms IS 'Lengths of all items together, rounded each';

CREATE TABLE item_keys (
    workspace_id text NOT NULL,
    kind text NOT NULL,
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    item_no bigint NOT NULL,
    PRIMARY KEY (workspace_id, kind, name, item_no, value)
);
COMMENT ON COLUMN item_keys.name IS 'The last part of a path; else the value itself';

CREATE TABLE item_bands (
    workspace_id text NOT NULL,
    item_no bigint NOT NULL,
    bands bigint[] NOT NULL,
    PRIMARY KEY (workspace_id, item_no),
    FOREIGN KEY (workspace_id, item_no) REFERENCES items ON DELETE CASCADE
);
COMMENT ON TABLE item_bands IS 'MinHash bands: near-duplicates have one in common';
CREATE INDEX item_bands_by_band ON item_bands USING gin (bands);

CREATE TABLE embedding_spaces (
    workspace_id text NOT NULL REFERENCES workspaces,
    space_id text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    num_dimensions integer NOT NULL CHECK (num_dimensions BETWEEN 1 AND 4000),
    state text NOT NULL CHECK (state IN ('building', 'serving', 'retired')),
    has_index boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, space_id)
);
CREATE UNIQUE INDEX one_serving_space ON embedding_spaces (workspace_id)
    WHERE state = 'serving';

CREATE TABLE item_vectors (
    workspace_id text NOT NULL,
    space_id text NOT NULL,
    item_no bigint NOT NULL,
    embedding halfvec NOT NULL,
    PRIMARY KEY (workspace_id, space_id, item_no),
    FOREIGN KEY (workspace_id, space_id) REFERENCES embedding_spaces ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, item_no) REFERENCES items ON DELETE CASCADE
);
ALTER TABLE item_vectors ALTER COLUMN embedding SET STORAGE PLAIN;
CREATE INDEX item_vectors_by_item ON item_vectors (workspace_id, item_no);

-- Plain SQL cannot say the size of a vector as a parameter, which an index of vectors demands.
CREATE FUNCTION find_nearest_indexed(
    workspace text, space text, num_dimensions integer, wanted halfvec, num_wanted integer
) RETURNS TABLE (item_no bigint, distance double precision)
    LANGUAGE plpgsql STABLE SET search_path = agent_memory, public, pg_temp
    AS $$
BEGIN
    PERFORM set_config('hnsw.ef_search', greatest(2 * num_wanted, 100)::text, true);
    PERFORM set_config('hnsw.iterative_scan', 'relaxed_order', true);
    RETURN QUERY EXECUTE format(
        'SELECT item_no, embedding::halfvec(%1$s) <=> $1 AS distance FROM item_vectors'
        ' WHERE workspace_id = %2$L AND space_id = %3$L'
        ' ORDER BY embedding::halfvec(%1$s) <=> $1 LIMIT %4$s',
        num_dimensions, workspace, space, num_wanted
    ) USING wanted;
END
$$;
REVOKE ALL ON FUNCTION find_nearest_indexed(text, text, integer, halfvec, integer) FROM PUBLIC;

CREATE TABLE impressions (
    workspace_id text NOT NULL REFERENCES workspaces,
    impression_id text NOT NULL,
    weights_version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, impression_id)
);
CREATE INDEX impressions_by_age ON impressions (workspace_id, created_at);

CREATE TABLE impression_items (
    workspace_id text NOT NULL,
    impression_id text NOT NULL,
    item_no bigint NOT NULL,
    rank integer NOT NULL,
    propensity real NOT NULL CHECK (propensity > 0 AND propensity <= 1),
    components jsonb NOT NULL,
    PRIMARY KEY (workspace_id, impression_id, item_no),
    FOREIGN KEY (workspace_id, impression_id) REFERENCES impressions ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, item_no) REFERENCES items ON DELETE CASCADE
);
COMMENT ON COLUMN impression_items.propensity IS 'How probable this item was at this rank';
CREATE INDEX impression_items_by_item ON impression_items (workspace_id, item_no);

CREATE TABLE feedback (
    workspace_id text NOT NULL,
    feedback_id text NOT NULL,
    item_no bigint NOT NULL,
    impression_id text,
    verdict text NOT NULL
        CHECK (verdict IN ('helpful', 'not_helpful', 'outdated', 'duplicate', 'used')),
    other_item_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    PRIMARY KEY (workspace_id, feedback_id),
    FOREIGN KEY (workspace_id, item_no) REFERENCES items ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, impression_id) REFERENCES impressions
        ON DELETE SET NULL (impression_id)
);
COMMENT ON COLUMN feedback.other_item_id IS 'The item that this one duplicates or is outdated by';
CREATE INDEX feedback_by_age ON feedback (workspace_id, created_at, feedback_id);
CREATE INDEX feedback_by_item ON feedback (workspace_id, item_no);
CREATE INDEX feedback_by_impression ON feedback (workspace_id, impression_id);

CREATE TABLE weight_sets (
    workspace_id text NOT NULL REFERENCES workspaces,
    version integer NOT NULL CHECK (version > 0),
    weights jsonb NOT NULL,
    evaluation jsonb NOT NULL,
    is_live boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, version)
);
COMMENT ON COLUMN weight_sets.evaluation IS 'What was measured when the set was learned';
CREATE UNIQUE INDEX one_live_weight_set ON weight_sets (workspace_id) WHERE is_live;

CREATE TABLE retention_policies (
    workspace_id text PRIMARY KEY REFERENCES workspaces,
    policy jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE redaction_policies (
    workspace_id text PRIMARY KEY REFERENCES workspaces,
    policy jsonb NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE remembered_calls (
    workspace_id text NOT NULL REFERENCES workspaces,
    idempotency_key text NOT NULL,
    request_hash text NOT NULL,
    remembered jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, idempotency_key)
);
CREATE INDEX remembered_calls_by_age ON remembered_calls (workspace_id, created_at);

CREATE TABLE consolidations (
    workspace_id text NOT NULL REFERENCES workspaces,
    consolidation_id text NOT NULL,
    action text NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    undone_at timestamptz,
    PRIMARY KEY (workspace_id, consolidation_id)
);
CREATE INDEX consolidations_by_age
    ON consolidations (workspace_id, created_at DESC, consolidation_id DESC);

CREATE TABLE consolidated_items (
    workspace_id text NOT NULL,
    consolidation_id text NOT NULL,
    item_no bigint NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    PRIMARY KEY (workspace_id, consolidation_id, item_no),
    FOREIGN KEY (workspace_id, consolidation_id) REFERENCES consolidations ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, item_no) REFERENCES items ON DELETE CASCADE
);
COMMENT ON COLUMN consolidated_items.before IS 'State, validity, successor and counts, to put back';
CREATE INDEX consolidated_items_by_item ON consolidated_items (workspace_id, item_no);

ALTER TABLE threads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE materials ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE postings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE term_statistics ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE memory_statistics ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE item_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE item_bands ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE embedding_spaces ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE item_vectors ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE impressions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE impression_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE feedback ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE weight_sets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE retention_policies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE redaction_policies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE remembered_calls ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE consolidations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE consolidated_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_workspace ON threads
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON materials
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON items
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON postings
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON term_statistics
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON memory_statistics
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON item_keys
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON item_bands
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON embedding_spaces
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON item_vectors
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON impressions
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON impression_items
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON feedback
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON weight_sets
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON retention_policies
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON redaction_policies
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON remembered_calls
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON consolidations
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));
CREATE POLICY own_workspace ON consolidated_items
    USING (workspace_id = current_setting('app.workspace_id', true))
    WITH CHECK (workspace_id = current_setting('app.workspace_id', true));

GRANT SELECT, INSERT, UPDATE, DELETE ON
    threads, materials, items, postings, term_statistics, memory_statistics, item_keys,
    item_bands, embedding_spaces, item_vectors, impressions, impression_items, feedback,
    weight_sets, retention_policies, redaction_policies, remembered_calls, consolidations,
    consolidated_items
    TO agent_memory_app;
GRANT SELECT ON stored_items TO agent_memory_app;
GRANT USAGE ON SEQUENCE item_numbers TO agent_memory_app;
GRANT EXECUTE ON FUNCTION find_nearest_indexed(text, text, integer, halfvec, integer)
    TO agent_memory_app;
