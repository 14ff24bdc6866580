UPDATE items
SET
    text = fresh.text,
    context = fresh.context,
    search_text = fresh.search_text,
    subject = fresh.subject,
    metadata = fresh.metadata,
    terms = fresh.terms,
    frequencies = fresh.frequencies,
    length = fresh.length
FROM json_to_recordset(%(items)s::json) AS fresh (
    item_no bigint, text text, context text, search_text text, subject text, metadata jsonb,
    terms text[], frequencies real[], length real
)
WHERE workspace_id = %(workspace_id)s AND items.item_no = fresh.item_no
