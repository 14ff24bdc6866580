"""The kind of device that MLX computes on in this process."""

import sys
from enum import Enum

import mlx.core as mx


class DeviceKind(Enum):
    LINUX_CPU = "cpu on Linux"
    """Only float32 is fast there, and no kernels are fused."""
    CPU = "cpu"
    METAL = "gpu of a Mac"
    CUDA = "gpu of NVIDIA"

    @property
    def is_cpu(self) -> bool:
        return self in {DeviceKind.LINUX_CPU, DeviceKind.CPU}


def device_kind() -> DeviceKind:
    """That of MLX's default device."""
    if mx.default_device().type == mx.DeviceType.cpu:
        return DeviceKind.LINUX_CPU if sys.platform == "linux" else DeviceKind.CPU
    return DeviceKind.METAL if sys.platform == "darwin" else DeviceKind.CUDA
