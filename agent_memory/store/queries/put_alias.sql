INSERT INTO model_aliases (name, targets, fallbacks)
VALUES (%(name)s, %(targets)s::jsonb, %(fallbacks)s)
ON CONFLICT (name) DO UPDATE SET targets = EXCLUDED.targets, fallbacks = EXCLUDED.fallbacks
