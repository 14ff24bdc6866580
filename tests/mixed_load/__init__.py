"""Everything that clients do to a server, at once, and the checks of what it acknowledged."""

from tests.mixed_load.load import Load, mixed_load

__all__ = ["Load", "mixed_load"]
