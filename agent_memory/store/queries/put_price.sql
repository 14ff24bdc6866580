INSERT INTO model_prices
    (price_id, provider, model, input, output, cache_read, cache_write, effective_from)
VALUES (%(price_id)s, %(provider)s, %(model)s, %(input)s, %(output)s, %(cache_read)s,
    %(cache_write)s, %(effective_from)s)
