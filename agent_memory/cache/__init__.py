"""Which KV blocks exist and who holds them, without tensors."""
