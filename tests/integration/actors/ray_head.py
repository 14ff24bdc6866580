"""A Ray cluster of one node that jobs are submitted to, as an operator would start it."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent_memory.host.free_ports import free_ports

START_TIMEOUT_S = 180.0
JOB_TIMEOUT_S = 240.0
_RAY = str(Path(sys.executable).with_name("ray"))


@dataclass(frozen=True)
class RayHead:
    """`env` admits to it."""

    dashboard_url: str
    client_url: str
    env: Mapping[str, str]

    def submit(
        self, command: Sequence[str], working_dir: Path, job_env: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        """`ray job submit`, which ends with the job."""
        runtime_env = json.dumps({"env_vars": dict(job_env)})
        return subprocess.Popen(
            [
                *(_RAY, "job", "submit", "--address", self.dashboard_url),
                *("--working-dir", str(working_dir), "--runtime-env-json", runtime_env),
                *("--", *command),
            ],
            env=dict(self.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: Sequence[str], working_dir: Path, job_env: Mapping[str, str]) -> str:
        """What the job wrote, once it has succeeded."""
        with self.submit(command, working_dir, job_env) as job:
            written, _ = job.communicate(timeout=JOB_TIMEOUT_S)
        assert job.returncode == 0, written
        return written

    def run_as_client(self, command: Sequence[str], client_env: Mapping[str, str]) -> str:
        """What a command wrote that reached the cluster from outside, once it has succeeded."""
        env = {**self.env, **client_env, "RAY_ADDRESS": self.client_url}
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, timeout=JOB_TIMEOUT_S, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def ray_head(folder: Path, num_cpus: int) -> Iterator[RayHead]:
    """`ray start --head` with files in `folder` and ports of its own, stopped at the end."""
    port, dashboard, agent, agent_grpc, client, metrics, env_agent = free_ports(7)
    env = {
        **os.environ,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }
    env.pop("RAY_ADDRESS", None)
    with (folder / "head.log").open("wb") as log:
        head = subprocess.Popen(
            [
                *(_RAY, "start", "--head", "--block", f"--num-cpus={num_cpus}"),
                f"--temp-dir={folder / 'ray'}",
                f"--port={port}",
                f"--dashboard-port={dashboard}",
                f"--dashboard-agent-listen-port={agent}",
                f"--dashboard-agent-grpc-port={agent_grpc}",
                f"--ray-client-server-port={client}",
                f"--metrics-export-port={metrics}",
                f"--runtime-env-agent-port={env_agent}",
            ],
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_started(folder / "head.log", head)
        yield RayHead(f"http://127.0.0.1:{dashboard}", f"ray://127.0.0.1:{client}", env)
    finally:
        head.send_signal(signal.SIGTERM)
        head.wait(timeout=60)


def _wait_until_started(log: Path, head: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while "Ray runtime started" not in log.read_text(errors="replace"):
        assert head.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.2)
