"""The HTTP surfaces: routers parse, call and render; translators know the protocols."""
