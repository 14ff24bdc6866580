"""Settings that must be made before any test runs."""

import os

from hypothesis import settings

# The tests run under `uv run`: Ray would start every actor through another one (see
# `agent_memory.host.environment`).
os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"
# By default an example fails that takes 200 ms, which says how busy the machine is.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
