"""litellm's proxy under measurement."""

import os
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx
import orjson

from agent_memory.host.free_ports import free_ports
from benchmarks.harness.process_table import Process, family
from benchmarks.harness.subject import interrupt, launch, wait_until

VERSION = "1.108.7"
"""The figures in the documentation are of this one."""
_START_TIMEOUT_S = 180.0


class LiteLlmProxy:
    """One worker with a master key and Prometheus' counters, without a database: it keeps neither
    virtual keys nor budgets nor a ledger, which only makes it quicker.

    python: the interpreter of a virtual environment with `litellm[proxy]`.
    """

    name = "litellm"

    def __init__(self, folder: Path, python: str, upstream_url: str) -> None:
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self._python = python
        self._key = f"sk-{secrets.token_hex(24)}"
        self._output = folder / "litellm.out"
        self._config = folder / "litellm.json"
        self._config.write_bytes(orjson.dumps(_configuration(self._key, upstream_url)))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._key}"}

    @property
    def model_id(self) -> str:
        return "large"

    @property
    def version(self) -> str:
        code = "from importlib.metadata import version; print(version('litellm'))"
        done = subprocess.run(
            (self._python, "-c", code), capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def start(self) -> None:
        script = str(Path(self._python).with_name("litellm"))
        options = ("--config", str(self._config), "--host", "127.0.0.1", "--port", str(self.port))
        # It turns off telemetry, and reads its prices from its own files instead of the network.
        quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
        path = {"PATH": f"{Path(self._python).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        command = (self._python, script, *options, "--telemetry", "False")
        self._process = launch(command, self._output, {**quiet, **path})
        wait_until(self._is_alive, self._process, self._output, _START_TIMEOUT_S)

    def family(self) -> dict[int, Process]:
        """Its processes now."""
        return family(self._process.pid if self._process is not None else -1, ())

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            interrupt(self._process)

    def _is_alive(self) -> bool:
        try:
            url = f"{self.url}/health/liveliness"
            return httpx.get(url, timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False


def _configuration(key: str, upstream_url: str) -> dict[str, object]:
    """JSON is YAML."""
    asked = {"model": "openai/large", "api_base": f"{upstream_url}/v1", "api_key": "sk-upstream"}
    priced = {"input_cost_per_token": 3e-6, "output_cost_per_token": 15e-6}
    return {
        "model_list": [{"model_name": "large", "litellm_params": asked, "model_info": priced}],
        "litellm_settings": {"callbacks": ["prometheus"]},
        "general_settings": {"master_key": key},
    }
