-- A budget may tell a server when a part of it is spent, once for each subject and window.
ALTER TABLE budgets
    ADD COLUMN soft_limit numeric CHECK (soft_limit > 0),
    ADD COLUMN webhook_url text,
    ADD COLUMN sealed_webhook_secret bytea,
    ADD CONSTRAINT soft_limit_is_told CHECK (
        (soft_limit IS NULL) = (webhook_url IS NULL)
        AND (soft_limit IS NULL) = (sealed_webhook_secret IS NULL)
    );
ALTER TABLE budget_counters ADD COLUMN warned_by text;
COMMENT ON COLUMN budget_counters.warned_by IS 'The reservation whose end reached the soft limit';
