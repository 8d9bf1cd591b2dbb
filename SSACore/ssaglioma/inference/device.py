"""Choice of device, number format and memory allocator for torch; only training and inference use it.

Importing this file imports no torch.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING

from ssaglioma.errors import DeviceError

if TYPE_CHECKING:
    import torch

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_KEEP_BYTES = 256 * 1024**2
_AMPERE = 8


def choose_device(name: str = "auto") -> torch.device:
    """Return the device for 'auto', 'cpu', 'cuda' or 'cuda:N' after running a real kernel on it.

    Raises
    ------
    DeviceError
        If the named GPU is absent or does not compute. 'auto' falls back to the CPU.
    """
    import torch

    text = name.strip().lower()
    if text == "cpu":
        return torch.device("cpu")
    if text == "auto":
        return (
            torch.device("cuda") if torch.cuda.is_available() and gpu_problem("cuda") is None else torch.device("cpu")
        )
    if text.split(":")[0] != "cuda":
        raise DeviceError(f"The device {name!r} is not known", expected="auto, cpu, cuda or cuda:N")
    problem = gpu_problem(text)
    if problem:
        raise DeviceError(
            f"The device {name!r} cannot be used: {problem}",
            remedy="Use --device cpu, or see 'ssaglioma doctor'",
        )
    return torch.device(text)


def gpu_problem(name: str) -> str | None:
    """Run a small convolution on a GPU and compare it with the CPU; return what is wrong, or None."""
    import torch

    if not torch.cuda.is_available():
        return "no NVIDIA GPU that this torch can use was found"
    try:
        image, weight = torch.ones(1, 1, 8, 8), torch.full((1, 1, 3, 3), 0.5)
        expected = torch.nn.functional.conv2d(image, weight)
        found = torch.nn.functional.conv2d(image.to(name), weight.to(name)).cpu()
    except (RuntimeError, AssertionError) as error:
        return str(error).splitlines()[0]
    return None if torch.allclose(expected, found, atol=1e-3) else "a test convolution gave a wrong result"


def bfloat16_pays(device: torch.device) -> bool:
    """Tell whether the device computes in bfloat16; one without it only emulates it, which is slower than float32.

    NVIDIA's GPUs have it from Ampere on (compute capability 8), while torch calls emulation support, too.
    """
    import torch

    if device.type == "cuda":
        return torch.version.hip is not None or torch.cuda.get_device_capability(device)[0] >= _AMPERE
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(probe and probe())


def keep_freed_memory() -> bool:
    """Tell glibc to keep freed pages, which saves about a third of torch's CPU time; False where there is no glibc."""
    if sys.platform != "linux" or "GLIBC_TUNABLES" in os.environ:
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, -1), (_M_TOP_PAD, _KEEP_BYTES))
    return all(mallopt(ctypes.c_int(key), ctypes.c_int(value)) == 1 for key, value in settings)
