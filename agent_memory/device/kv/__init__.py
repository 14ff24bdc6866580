"""The tensors of KV blocks: kept in memory, cut out of rows, and put into rows."""
