"""Several processes that train one network together, on as many GPUs or computers, started by `torchrun`.

Every process draws the same batch, prepares its share of it, and gradients are averaged by torch's
DistributedDataParallel, which Lightning Fabric sets up. With the same batch size in all, the losses are those of one
process. Checkpoints, history and the held-out watch are the first process's; the others read its checkpoint when a run
is resumed, so the folder must be one that all of them see.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch

from ssaglioma.errors import DatasetError, DeviceError
from ssaglioma.networks import SegmentationNetwork


@dataclass(frozen=True)
class Alone:
    """One process that trains by itself; what `Group` does for several is trivial here.

    Attributes
    ----------
    device : torch.device
    """

    device: torch.device

    rank, size, first = 0, 1, True

    def wrapped(self, network: SegmentationNetwork) -> SegmentationNetwork:
        """Return what the forward pass goes through."""
        return network

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Return the sum over the processes, through which gradients flow."""
        return values

    def means(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return the means over the processes."""
        return dict(values)

    def agreed(self, value: Any) -> Any:
        """Return the first process's value."""
        return value

    def wait(self) -> None:
        """Wait until all processes are here."""


class Group(Alone):
    """The processes of one `torchrun`, seen from one of them.

    Parameters
    ----------
    fabric : lightning_fabric.Fabric
        Launched.

    Attributes
    ----------
    rank, size : int
        Number of this process, and of all.
    first : bool
        Whether this is the process that writes files and speaks.
    """

    def __init__(self, fabric: Any) -> None:
        super().__init__(fabric.device)
        object.__setattr__(self, "_fabric", fabric)
        object.__setattr__(self, "rank", int(fabric.global_rank))
        object.__setattr__(self, "size", int(fabric.world_size))
        object.__setattr__(self, "first", self.rank == 0)

    def wrapped(self, network: SegmentationNetwork) -> SegmentationNetwork:
        """Return the network under DistributedDataParallel, called through `forward_scales` as before.

        Raises
        ------
        DatasetError
            If it has batch normalisation, whose running means would differ from process to process.
        """
        if any(isinstance(module, torch.nn.modules.batchnorm._BatchNorm) for module in network.modules()):
            raise DatasetError(
                f"The network {type(network).__name__} has batch normalisation",
                expected="a network with instance normalisation, for a training by several processes",
                remedy="Train it in one process",
            )
        module = self._fabric.setup_module(network)  # type: ignore[attr-defined]
        module.mark_forward_method("forward_scales")
        return cast(SegmentationNetwork, module)

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Return the sum over the processes, through which gradients flow."""
        from torch.distributed.nn.functional import all_reduce

        return cast(torch.Tensor, all_reduce(values))

    def means(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return the means over the processes."""
        stacked = torch.tensor(list(values.values()), dtype=torch.float64, device=self.device)
        torch.distributed.all_reduce(stacked)
        return dict(zip(values, (stacked / self.size).tolist()))

    def agreed(self, value: Any) -> Any:
        """Return the first process's value, a plain one."""
        return self._fabric.broadcast(value)  # type: ignore[attr-defined]

    def wait(self) -> None:
        """Wait until all processes are here."""
        self._fabric.barrier()  # type: ignore[attr-defined]


def process_count() -> int:
    """Return how many processes `torchrun` started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def join_group(device: str) -> Group:
    """Join the processes that `torchrun` started.

    Parameters
    ----------
    device : str
        'auto', 'cpu' or 'cuda'; on GPUs each process of a computer takes the one of its number.

    Raises
    ------
    DeviceError
        If Lightning Fabric is not installed, or there are fewer GPUs than processes.
    """
    try:
        from lightning_fabric import Fabric
        from lightning_fabric.strategies import DDPStrategy
    except ImportError as error:
        raise DeviceError(
            f"{process_count()} processes were started, but Lightning Fabric is not installed",
            remedy="pip install 'ssaglioma[distributed]', or start one process without torchrun",
        ) from error
    gpu = device.startswith("cuda") or (device == "auto" and torch.cuda.is_available())
    here = int(os.environ.get("LOCAL_WORLD_SIZE", process_count()))
    if gpu and torch.cuda.device_count() < here:
        raise DeviceError(
            f"{here} processes were started, but this computer has {torch.cuda.device_count()} GPUs",
            remedy=f"torchrun --nproc-per-node {max(torch.cuda.device_count(), 1)}, or --device cpu",
        )
    fabric = Fabric(
        accelerator="cuda" if gpu else "cpu",
        devices=here,
        num_nodes=process_count() // here,
        strategy=DDPStrategy(find_unused_parameters=True),
    )
    fabric.launch()
    return Group(fabric)


@contextmanager
def first_before_others(group: Alone | None) -> Iterator[None]:
    """Run a block in the first process, then in the others, which find there what it wrote."""
    if group is not None and not group.first:
        group.wait()
    yield
    if group is not None and group.first:
        group.wait()


def check_same_start(group: Alone, epochs_done: int) -> None:
    """Raise unless all processes go on from the same epoch.

    Raises
    ------
    DatasetError
        If one of them sees another checkpoint.
    """
    found = group.agreed(epochs_done)
    if found != epochs_done:
        raise DatasetError(
            f"Process {group.rank} sees a checkpoint of {epochs_done} epochs, the first process one of {found}",
            expected="one folder of the run that all computers see",
            remedy="Put --output on a shared disk, or copy the run to every computer",
        )


def check_group(group: Alone, batch_size: int, *, plain: bool) -> None:
    """Raise unless a training can be shared by the processes; one alone may do anything.

    Parameters
    ----------
    batch_size : int
        Samples of all processes together.
    plain : bool
        Whether it is the training loop itself, on cases that lie on disk.

    Raises
    ------
    DatasetError
        If it is another one, or the batch cannot be shared evenly.
    """
    if group.size > 1 and not plain:
        raise DatasetError(
            f"{group.size} processes were started for a training in stages, or with synthetic cases made meanwhile",
            expected="a training from scratch on cases, which is the one that several processes can share",
            remedy="Start it without torchrun; synthetic cases can be made beforehand by 'ssaglioma synthesize'",
        )
    if batch_size % group.size:
        raise DatasetError(
            f"A batch of {batch_size} cannot be shared by {group.size} processes",
            expected=f"a multiple of {group.size}",
            remedy="Change --batch-size: it counts the samples of all processes together",
        )
