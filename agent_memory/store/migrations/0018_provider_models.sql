-- What providers list, as it was read last: a provider that is away keeps its models. One that a
-- variable of the environment makes has no row among the providers.
CREATE TABLE provider_models (
    provider text NOT NULL,
    model text NOT NULL,
    context_window bigint,
    max_output_tokens bigint,
    created bigint NOT NULL DEFAULT 0,
    has_tools boolean,
    has_thinking boolean,
    modalities text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (provider, model)
);

ALTER TABLE providers ADD COLUMN synced_at timestamptz;
ALTER TABLE providers ADD COLUMN sync_fault text;

-- One row that every change of any of these touches, so that a server which has them in memory asks
-- for one number a second.
CREATE TABLE gateway_version (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version bigint NOT NULL DEFAULT 0
);
INSERT INTO gateway_version DEFAULT VALUES;

CREATE FUNCTION touch_gateway_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE gateway_version SET version = version + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER providers_changed AFTER INSERT OR UPDATE OR DELETE ON providers
    FOR EACH STATEMENT EXECUTE FUNCTION touch_gateway_version();
CREATE TRIGGER provider_keys_changed AFTER INSERT OR UPDATE OR DELETE ON provider_keys
    FOR EACH STATEMENT EXECUTE FUNCTION touch_gateway_version();
CREATE TRIGGER model_aliases_changed AFTER INSERT OR UPDATE OR DELETE ON model_aliases
    FOR EACH STATEMENT EXECUTE FUNCTION touch_gateway_version();
CREATE TRIGGER model_prices_changed AFTER INSERT OR UPDATE OR DELETE ON model_prices
    FOR EACH STATEMENT EXECUTE FUNCTION touch_gateway_version();
CREATE TRIGGER provider_models_changed AFTER INSERT OR UPDATE OR DELETE ON provider_models
    FOR EACH STATEMENT EXECUTE FUNCTION touch_gateway_version();

GRANT SELECT, INSERT, UPDATE, DELETE ON provider_models TO agent_memory_app;
GRANT SELECT, UPDATE ON gateway_version TO agent_memory_app;
