UPDATE items
SET text = fresh.text, context = fresh.context, search_text = fresh.search_text,
    speaker = fresh.speaker, subject = fresh.subject, keys = fresh.keys,
    metadata = fresh.metadata, content_hash = fresh.content_hash, terms = fresh.terms,
    frequencies = fresh.frequencies, length = fresh.length
FROM json_to_recordset(%(items)s::json) AS fresh (
    item_no bigint, text text, context text, search_text text, speaker text, subject text,
    keys jsonb, metadata jsonb, content_hash text, terms text[], frequencies real[], length real
)
WHERE workspace_id = %(workspace_id)s AND items.item_no = fresh.item_no
