WITH wanted AS MATERIALIZED (
    SELECT unnest(%(item_nos)s::bigint[]) AS item_no
    UNION
    SELECT item_no
    FROM items
    JOIN unnest(%(thread_nos)s::integer[], %(places)s::integer[]) AS window_at (thread_no, place)
        USING (thread_no, place)
    WHERE workspace_id = %(workspace_id)s
)
SELECT stored_items.*, EXISTS (
    SELECT FROM items AS before
    WHERE before.workspace_id = %(workspace_id)s
        AND before.thread_no = stored_items.thread_no
        AND before.place = stored_items.place - 1
        AND before.position IS NOT NULL
        AND right(rtrim(before.text), 1) = '?'
) AS follows_question
FROM wanted JOIN stored_items USING (item_no)
WHERE workspace_id = %(workspace_id)s
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
        WHERE stored_items.metadata::jsonb ->> asked.key IS DISTINCT FROM asked.value
    )
