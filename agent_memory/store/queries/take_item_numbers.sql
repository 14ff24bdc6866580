SELECT nextval('item_numbers') AS item_no FROM generate_series(1, %(count)s::integer)
