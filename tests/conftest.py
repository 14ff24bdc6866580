"""Settings that must be made before any test imports Ray."""

import os

# The tests run under `uv run`: Ray would start every actor through another one (see
# `agent_memory.host.environment`).
os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"
