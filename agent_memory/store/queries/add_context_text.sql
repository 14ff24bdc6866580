WITH added AS (
    INSERT INTO context_texts (workspace_id, key, lineage, version, length)
    VALUES (%(workspace_id)s, %(key)s, %(lineage)s, %(version)s, %(length)s)
    RETURNING text_no
), posted AS (
    INSERT INTO context_postings (workspace_id, term, text_no, frequency, length)
    SELECT %(workspace_id)s, term, text_no, frequency, %(length)s
    FROM added, unnest(%(terms)s::text[], %(frequencies)s::real[]) AS found (term, frequency)
)
SELECT text_no FROM added
