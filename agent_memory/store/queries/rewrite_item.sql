UPDATE items
SET
    material_id = fresh.material_id,
    text = fresh.text,
    context = fresh.context,
    search_text = fresh.search_text,
    span_begin = fresh.span_begin,
    span_end = fresh.span_end,
    occurred_at = fresh.occurred_at,
    valid_from = fresh.occurred_at,
    last_occurred_at = fresh.last_occurred_at,
    content_hash = fresh.content_hash,
    role = fresh.role,
    speaker = fresh.speaker,
    subject = fresh.subject,
    fingerprint = fresh.fingerprint,
    keys = fresh.keys,
    confidence = fresh.confidence,
    num_occurrences = fresh.num_occurrences,
    metadata = fresh.metadata,
    terms = fresh.terms,
    frequencies = fresh.frequencies,
    length = fresh.length
FROM json_to_recordset(%(items)s::json) AS fresh (
    item_no bigint, material_id text, text text, context text, search_text text,
    span_begin integer, span_end integer, occurred_at timestamptz, last_occurred_at timestamptz,
    content_hash text, role text, speaker text, subject text, fingerprint text, keys jsonb,
    confidence real, num_occurrences integer, metadata jsonb, terms text[], frequencies real[],
    length real
)
WHERE workspace_id = %(workspace_id)s AND items.item_no = fresh.item_no
