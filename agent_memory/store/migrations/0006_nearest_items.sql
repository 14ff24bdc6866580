-- By the index of the workspace where it has one, else exactly, so that nobody has to ask first.
-- Plain SQL cannot say the size of a vector as a parameter, which an index of vectors demands; an
-- expression keeps the planner from any other index.
CREATE FUNCTION find_nearest_items(
    workspace text, space text, wanted halfvec, num_wanted integer
) RETURNS TABLE (item_no bigint, distance double precision)
    LANGUAGE plpgsql STABLE
    SET search_path = agent_memory, public, pg_temp SET plan_cache_mode = force_custom_plan
    AS $$
DECLARE
    index_size integer := (
        SELECT num_dimensions FROM embedding_spaces
        WHERE workspace_id = workspace AND space_id = space AND has_index
    );
BEGIN
    IF index_size IS NULL THEN
        RETURN QUERY
            SELECT vectors.item_no, (embedding <=> wanted) + 0 AS nearness
            FROM item_vectors AS vectors
            WHERE workspace_id = workspace AND space_id = space
            ORDER BY nearness, vectors.item_no
            LIMIT num_wanted;
    ELSE
        PERFORM set_config('hnsw.ef_search', greatest(2 * num_wanted, 100)::text, true);
        PERFORM set_config('hnsw.iterative_scan', 'relaxed_order', true);
        RETURN QUERY EXECUTE format(
            'SELECT item_no, embedding::halfvec(%1$s) <=> $1 AS nearness FROM item_vectors'
            ' WHERE workspace_id = %2$L AND space_id = %3$L'
            ' ORDER BY embedding::halfvec(%1$s) <=> $1 LIMIT %4$s',
            index_size, workspace, space, num_wanted
        ) USING wanted;
    END IF;
END
$$;
REVOKE ALL ON FUNCTION find_nearest_items(text, text, halfvec, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_nearest_items(text, text, halfvec, integer) TO agent_memory_app;
DROP FUNCTION find_nearest_indexed(text, text, integer, halfvec, integer);
