"""Which tokens run next, without a device."""
