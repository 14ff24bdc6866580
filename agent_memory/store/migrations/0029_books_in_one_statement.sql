-- What happens to a budget at the beginning and at the end of a request, each as one statement: the
-- round trips and statements of which each consisted cost more than all else that a gateway does.
-- Every statement within sees what others did while it waited for a lock.

-- Hold all of it, or nothing: then the counters as they stand. Counters are locked in one order by
-- everybody. Asked again for the same reservation, it changes nothing.
CREATE FUNCTION reserve_budgets(
    its_workspace text,
    its_id text,
    its_request text,
    its_key text,
    its_agent text,
    its_session text,
    its_surface text,
    its_provider text,
    its_model text,
    its_price text,
    its_start timestamptz,
    its_lease interval,
    its_budgets text[],
    its_subjects text[],
    its_windows timestamptz[],
    its_amounts numeric[],
    its_bounds numeric[]
) RETURNS TABLE (
    budget_id text, subject_id text, window_start timestamptz, spent numeric, held numeric
)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    num_known bigint;
BEGIN
    SELECT count(*) INTO num_known
    FROM unnest(its_budgets, its_subjects, its_windows) AS w (budget_id, subject_id, window_start)
    JOIN budget_counters c USING (budget_id, subject_id, window_start);
    IF num_known < cardinality(its_budgets) THEN
        INSERT INTO budget_counters (workspace_id, budget_id, subject_id, window_start)
        SELECT b.workspace_id, w.budget_id, w.subject_id, w.window_start
        FROM unnest(its_budgets, its_subjects, its_windows)
            AS w (budget_id, subject_id, window_start)
        JOIN budgets b USING (budget_id)
        ORDER BY w.budget_id, w.subject_id, w.window_start
        ON CONFLICT DO NOTHING;
    END IF;

    PERFORM FROM budget_counters c
    JOIN unnest(its_budgets, its_subjects, its_windows) AS w (budget_id, subject_id, window_start)
        USING (budget_id, subject_id, window_start)
    ORDER BY c.budget_id, c.subject_id, c.window_start
    FOR UPDATE OF c;

    RETURN QUERY
    WITH wanted AS (
        SELECT * FROM unnest(its_budgets, its_subjects, its_windows, its_amounts, its_bounds)
            AS w (budget_id, subject_id, window_start, amount, bound)
    ), standing AS (
        SELECT w.budget_id, w.subject_id, w.window_start, w.amount, w.bound,
            coalesce(c.spent, 0) AS spent,
            coalesce((
                SELECT sum(h.amount)
                FROM budget_holds h
                JOIN reservations r USING (workspace_id, reservation_id)
                WHERE (h.budget_id, h.subject_id, h.window_start)
                        = (w.budget_id, w.subject_id, w.window_start)
                    AND r.expires_at > clock_timestamp()
                    AND r.reservation_id <> its_id
            ), 0) AS held
        FROM wanted w LEFT JOIN budget_counters c USING (budget_id, subject_id, window_start)
    )
    SELECT s.budget_id, s.subject_id, s.window_start, s.spent, s.held FROM standing s
    WHERE EXISTS (
        SELECT FROM standing f
        WHERE f.amount > f.bound - f.spent - f.held OR f.bound - f.spent - f.held <= 0
    );
    IF FOUND THEN
        RETURN;
    END IF;

    INSERT INTO reservations (
        workspace_id, reservation_id, request_id, key_id, agent, session_id, surface, provider,
        model, price_id, started_at, expires_at
    )
    VALUES (
        its_workspace, its_id, its_request, its_key, its_agent, its_session, its_surface,
        its_provider, its_model, its_price, its_start, clock_timestamp() + its_lease
    )
    ON CONFLICT DO NOTHING;
    INSERT INTO budget_holds (
        workspace_id, reservation_id, budget_id, subject_id, window_start, amount
    )
    SELECT its_workspace, its_id, w.budget_id, w.subject_id, w.window_start, w.amount
    FROM unnest(its_budgets, its_subjects, its_windows, its_amounts)
        AS w (budget_id, subject_id, window_start, amount)
    JOIN budget_counters c USING (budget_id, subject_id, window_start)
    ON CONFLICT DO NOTHING;
END
$$;

-- Put what was used in the place of what was held, once: false where nothing is held any more.
-- its_session: the session that took the turn, where what was held of each session for itself has
-- to be moved to it: a new one had no name before. A job tells of each soft limit that is reached.
CREATE FUNCTION spend_reservation(
    its_id text, its_session text, its_usd numeric, its_tokens numeric, its_kind text,
    its_queue text, its_moment text
) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    warned record;
BEGIN
    IF its_session IS NOT NULL THEN
        INSERT INTO budget_counters (workspace_id, budget_id, subject_id, window_start)
        SELECT h.workspace_id, h.budget_id, its_session, h.window_start
        FROM budget_holds h
        JOIN budgets b USING (workspace_id, budget_id)
        WHERE h.reservation_id = its_id AND b.subject_kind = 'session' AND b.subject_id = '*'
        ORDER BY h.budget_id, h.window_start
        ON CONFLICT DO NOTHING;

        PERFORM FROM budget_counters c
        JOIN budget_holds h USING (workspace_id, budget_id, window_start)
        WHERE h.reservation_id = its_id AND c.subject_id IN (h.subject_id, its_session)
        ORDER BY c.budget_id, c.subject_id, c.window_start
        FOR UPDATE OF c;

        UPDATE budget_holds h
        SET subject_id = its_session
        FROM budgets b
        WHERE h.reservation_id = its_id
            AND (b.workspace_id, b.budget_id) = (h.workspace_id, h.budget_id)
            AND b.subject_kind = 'session'
            AND b.subject_id = '*';
    END IF;

    PERFORM FROM budget_counters c
    JOIN budget_holds h USING (workspace_id, budget_id, subject_id, window_start)
    WHERE h.reservation_id = its_id
    ORDER BY c.budget_id, c.subject_id, c.window_start
    FOR UPDATE OF c;

    FOR warned IN
        UPDATE budget_counters c
        SET spent = c.spent + CASE b.unit WHEN 'usd' THEN its_usd ELSE its_tokens END,
            warned_by = CASE
                WHEN c.warned_by IS NULL
                    AND c.spent + CASE b.unit WHEN 'usd' THEN its_usd ELSE its_tokens END
                        >= b.soft_limit
                    THEN h.reservation_id
                ELSE c.warned_by
            END
        FROM budget_holds h
        JOIN budgets b USING (workspace_id, budget_id)
        WHERE h.reservation_id = its_id
            AND (c.workspace_id, c.budget_id, c.subject_id, c.window_start)
                = (h.workspace_id, h.budget_id, h.subject_id, h.window_start)
        RETURNING c.budget_id, c.subject_id, c.window_start, c.spent, c.warned_by
    LOOP
        IF warned.warned_by = its_id THEN
            PERFORM enqueue_job(
                its_kind, its_queue,
                jsonb_build_object(
                    'budget_id', warned.budget_id,
                    'subject_id', warned.subject_id,
                    'window_start', warned.window_start,
                    'spent', trim_scale(warned.spent)::text,
                    'at', its_moment
                ),
                NULL, NULL, 0
            );
        END IF;
    END LOOP;
    DELETE FROM reservations WHERE reservation_id = its_id;
    RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION
    reserve_budgets(
        text, text, text, text, text, text, text, text, text, text, timestamptz, interval, text[],
        text[], timestamptz[], numeric[], numeric[]
    ),
    spend_reservation(text, text, numeric, numeric, text, text, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    reserve_budgets(
        text, text, text, text, text, text, text, text, text, text, timestamptz, interval, text[],
        text[], timestamptz[], numeric[], numeric[]
    ),
    spend_reservation(text, text, numeric, numeric, text, text, text)
    TO agent_memory_app;
