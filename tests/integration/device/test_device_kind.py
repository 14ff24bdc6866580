"""The kind of device that MLX computes on, and what follows from it."""

import sys

import mlx.core as mx
import pytest

from agent_memory.device.batch_rows import most_rows
from agent_memory.device.device_kind import DeviceKind, device_kind
from agent_memory.settings import Settings

CPU, GPU = mx.Device(mx.cpu), mx.Device(mx.gpu)
MACHINES = [
    (CPU, "linux", DeviceKind.LINUX_CPU, 16),
    (CPU, "darwin", DeviceKind.CPU, 16),
    (GPU, "darwin", DeviceKind.METAL, 32),
    (GPU, "linux", DeviceKind.CUDA, 32),
]


@pytest.mark.parametrize(("device", "platform", "kind", "num_rows"), MACHINES)
def test_the_device_decides_how_many_turns_decode_together(
    monkeypatch: pytest.MonkeyPatch,
    device: mx.Device,
    platform: str,
    kind: DeviceKind,
    num_rows: int,
) -> None:
    monkeypatch.setattr(mx, "default_device", lambda: device)
    monkeypatch.setattr(sys, "platform", platform)
    assert device_kind() is kind
    assert most_rows(Settings(max_batch_size=None)) == num_rows
    assert most_rows(Settings(max_batch_size=5)) == 5
