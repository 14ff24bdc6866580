SELECT item_no
FROM item_vectors
JOIN items USING (workspace_id, item_no)
JOIN threads USING (workspace_id, thread_no)
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s
    AND (%(thread_ids)s::text[] IS NULL OR thread_id = ANY (%(thread_ids)s::text[]))
    AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s::text[]))
    AND (%(roles)s::text[] IS NULL OR role = ANY (%(roles)s::text[]))
    AND (
        %(since)s::timestamptz IS NULL
        OR coalesce(last_occurred_at, occurred_at) >= %(since)s::timestamptz
    )
    AND (%(until)s::timestamptz IS NULL OR occurred_at < %(until)s::timestamptz)
    AND (state IN ('active', 'superseded') OR (%(include_archived)s AND state = 'archived'))
    AND (
        %(as_of)s::timestamptz IS NULL
        OR valid_from <= %(as_of)s::timestamptz
        AND (valid_to IS NULL OR valid_to > %(as_of)s::timestamptz)
    )
    AND NOT EXISTS (
        SELECT FROM jsonb_each_text(%(metadata)s::jsonb) AS asked
        WHERE items.metadata ->> asked.key IS DISTINCT FROM asked.value
    )
ORDER BY (embedding <=> %(embedding)s::halfvec) + 0, item_no
LIMIT %(limit)s
