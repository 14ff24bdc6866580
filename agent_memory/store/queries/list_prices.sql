SELECT price_id, provider, model, input, output, cache_read, cache_write, effective_from
FROM model_prices
ORDER BY provider, model, effective_from
