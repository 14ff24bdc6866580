SELECT name, targets::text AS targets, fallbacks
FROM model_aliases
ORDER BY name
