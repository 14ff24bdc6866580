WITH moved AS (
    UPDATE context_versions SET key = %(to_key)s
    WHERE workspace_id = %(workspace_id)s AND lineage = %(lineage)s AND key = %(from_key)s
    RETURNING sealed_with
), links_from AS (
    UPDATE context_links SET
        from_key = CASE WHEN from_key = %(from_key)s THEN %(to_key)s ELSE from_key END,
        to_key = CASE WHEN to_key = %(from_key)s THEN %(to_key)s ELSE to_key END
    WHERE workspace_id = %(workspace_id)s AND %(from_key)s IN (from_key, to_key)
)
SELECT count(sealed_with) FROM moved
