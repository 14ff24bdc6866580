"""Operations that a CPU computes in a way of its own: products, fused operations, rotary angles."""
