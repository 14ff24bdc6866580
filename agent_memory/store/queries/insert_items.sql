INSERT INTO items (
    workspace_id, item_no, item_id, thread_no, material_id, kind, state, text, context,
    search_text, span_begin, span_end, occurred_at, last_occurred_at, valid_from, content_hash,
    role, speaker, position, place, source_id, subject, fingerprint, keys, confidence,
    num_occurrences, metadata, terms, frequencies, length
)
SELECT
    %(workspace_id)s, item_no, item_id, thread_no, material_id, kind, 'active', text, context,
    search_text, span_begin, span_end, occurred_at, last_occurred_at,
    -- What is less than a day ahead comes from a clock or a zone that is wrong.
    CASE WHEN occurred_at <= now() + interval '1 day' THEN least(occurred_at, now())
        ELSE occurred_at END,
    content_hash, role, speaker, position, place, source_id, subject, fingerprint, keys, confidence,
    num_occurrences, metadata, terms, frequencies, length
FROM json_to_recordset(%(items)s::json) AS fresh (
    item_no bigint, item_id text, thread_no integer, material_id text, kind text, text text,
    context text, search_text text, span_begin integer, span_end integer, occurred_at timestamptz,
    last_occurred_at timestamptz, content_hash text, role text, speaker text, position integer,
    place integer, source_id text, subject text, fingerprint text, keys jsonb, confidence real,
    num_occurrences integer, metadata jsonb, terms text[], frequencies real[], length real
)
