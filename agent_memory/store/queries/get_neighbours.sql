WITH near AS MATERIALIZED (
    SELECT found.*
    FROM unnest(%(thread_nos)s::integer[], %(places)s::text[]) AS asked (thread_no, places)
    CROSS JOIN LATERAL (
        SELECT
            item_no, thread_no, place, position IS NOT NULL AS is_message,
            strpos(text, '?') > 0 AND right(rtrim(text), 1) = '?' AS is_question
        FROM items
        WHERE workspace_id = %(workspace_id)s AND thread_no = asked.thread_no
            AND place = ANY (asked.places::integer[])
        OFFSET 0
    ) AS found
),
vectors AS MATERIALIZED (
    SELECT item_no, 1 - (embedding <=> %(embedding)s::halfvec) AS similarity
    FROM item_vectors
    WHERE %(space_id)s::text IS NOT NULL AND workspace_id = %(workspace_id)s
        AND space_id = %(space_id)s
        AND item_no = ANY (ARRAY(
            SELECT item_no FROM near UNION ALL SELECT unnest(%(item_nos)s::bigint[])
        ))
)
SELECT around.*, embedded.*
FROM (
    SELECT
        array_send(array_agg(item_no)) AS item_nos,
        array_send(array_agg(thread_no)) AS thread_nos,
        array_send(array_agg(place)) AS places,
        array_send(array_agg(is_message::integer)) AS are_messages,
        array_send(array_agg(is_question::integer)) AS are_questions
    FROM near
) AS around
CROSS JOIN (
    SELECT
        array_send(array_agg(item_no)) AS embedded_item_nos,
        array_send(array_agg(similarity)) AS similarities
    FROM vectors
) AS embedded
