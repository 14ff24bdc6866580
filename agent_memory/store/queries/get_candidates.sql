SELECT *
FROM (
    SELECT *
    FROM stored_items
    WHERE workspace_id = %(workspace_id)s
        AND item_no = ANY (ARRAY(
            SELECT unnest(%(item_nos)s::bigint[])
            UNION ALL
            SELECT item_no
            FROM items
            JOIN unnest(%(thread_nos)s::integer[], %(places)s::integer[])
                AS window_at (thread_no, place) USING (thread_no, place)
            WHERE workspace_id = %(workspace_id)s
        ))
    OFFSET 0
) AS candidates
WHERE (%(thread_ids)s::text[] IS NULL OR thread_id = ANY (%(thread_ids)s::text[]))
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
        WHERE metadata::jsonb ->> asked.key IS DISTINCT FROM asked.value
    )
