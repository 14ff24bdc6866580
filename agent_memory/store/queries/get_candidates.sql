WITH wanted AS MATERIALIZED (
    SELECT unnest(%(item_nos)s::bigint[]) AS item_no
    UNION
    SELECT item_no
    FROM items
    JOIN unnest(%(thread_nos)s::integer[], %(places)s::integer[]) AS window_at (thread_no, place)
        USING (thread_no, place)
    WHERE workspace_id = %(workspace_id)s
)
SELECT stored_items.*, coalesce(around.has_question, false) AS follows_question, own.similarity,
    CASE WHEN stored_items.place IS NULL THEN own.similarity ELSE around.similarity END
        AS similarity_near
FROM wanted
JOIN stored_items USING (item_no)
LEFT JOIN LATERAL (
    SELECT 1 - (embedding <=> %(embedding)s::halfvec) AS similarity
    FROM item_vectors
    WHERE %(space_id)s::text IS NOT NULL AND item_vectors.workspace_id = %(workspace_id)s
        AND item_vectors.space_id = %(space_id)s AND item_vectors.item_no = stored_items.item_no
) AS own ON true
LEFT JOIN LATERAL (
    SELECT
        bool_or(near.place = stored_items.place - 1 AND right(rtrim(near.text), 1) = '?')
            AS has_question,
        max(1 - (embedding <=> %(embedding)s::halfvec)) AS similarity
    FROM items AS near
    LEFT JOIN item_vectors
        ON %(space_id)s::text IS NOT NULL AND item_vectors.workspace_id = near.workspace_id
        AND item_vectors.space_id = %(space_id)s AND item_vectors.item_no = near.item_no
    WHERE near.workspace_id = %(workspace_id)s AND near.thread_no = stored_items.thread_no
        AND near.place BETWEEN stored_items.place - %(window)s AND stored_items.place + %(window)s
        AND near.place <> stored_items.place AND near.position IS NOT NULL
) AS around ON true
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
