UPDATE items
SET
    state = wanted.state,
    valid_to = wanted.valid_to,
    retired_at = wanted.retired_at,
    successor_id = wanted.successor_id,
    num_occurrences = wanted.num_occurrences,
    last_occurred_at = wanted.last_occurred_at
FROM json_to_recordset(%(standings)s::json) AS wanted (
    item_id text, state text, valid_to timestamptz, retired_at timestamptz, successor_id text,
    num_occurrences integer, last_occurred_at timestamptz
)
WHERE workspace_id = %(workspace_id)s AND items.item_id = wanted.item_id
