-- Providers, aliases and prices belong to the machine, as its models do: no workspace owns them. Keys
-- are sealed before they come here.
CREATE TABLE providers (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
    wire text NOT NULL CHECK (wire IN ('anthropic', 'openai')),
    url text NOT NULL,
    is_enabled boolean NOT NULL DEFAULT true,
    allow_private boolean NOT NULL DEFAULT false,
    allowed text[] NOT NULL DEFAULT '{}',
    blocked text[] NOT NULL DEFAULT '{}',
    priority integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE provider_keys (
    provider text NOT NULL REFERENCES providers ON DELETE CASCADE,
    key_id text NOT NULL,
    sealed bytea NOT NULL,
    last_four text NOT NULL,
    weight integer NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 1000),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, key_id)
);

CREATE TABLE model_aliases (
    name text PRIMARY KEY CHECK (name <> ''),
    targets jsonb NOT NULL,
    fallbacks text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN model_aliases.targets IS 'A list of objects with model and weight';

CREATE TABLE model_prices (
    price_id text PRIMARY KEY,
    provider text NOT NULL,
    model text NOT NULL,
    input numeric NOT NULL CHECK (input >= 0),
    output numeric NOT NULL CHECK (output >= 0),
    cache_read numeric NOT NULL CHECK (cache_read >= 0),
    cache_write numeric NOT NULL CHECK (cache_write >= 0),
    effective_from timestamptz NOT NULL
);
COMMENT ON TABLE model_prices IS 'Dollars for a million tokens; a new price is a new row';

GRANT SELECT, INSERT, UPDATE, DELETE ON providers, provider_keys, model_aliases, model_prices
    TO agent_memory_app;
