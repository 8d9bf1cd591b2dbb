"""The search for a style that the segmenter finds hard: RAIN's ascent along its gradient (Luo et al. 2020)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ssaglioma.errors import DatasetError, requirement

Stylise = Callable[[torch.Tensor], torch.Tensor]
"""epsilon (1, latent) to stylised pictures, differentiable."""
SegmenterLoss = Callable[[torch.Tensor], torch.Tensor]
"""Stylised pictures to the segmenter's loss, a differentiable scalar."""
_require = requirement("Search option")


@dataclass(frozen=True)
class SearchConfig:
    """How far and how carefully to search.

    Attributes
    ----------
    iterations : int
        K, steps of ascent (Luo et al. 2; the cardiac study 1, 3 and 5, with 5 best).
    step : float
        Learning rate: epsilon moves by step / loss * gradient (Luo et al. 20; cardiac 20 to 120).
    halvings : int
        Times that a step is halved until it raises the loss; where none does, the search ends. 0 takes every step
        as it comes, as the published code does. Ours makes each iteration raise the loss.
    longest_step : float
        Largest norm of one step, in units of sqrt(latent) * mean |xi|; infinity for none, as published.
    smallest_loss : float
        The search ends below it: the step is divided by the loss.
    """

    iterations: int = 5
    step: float = 20.0
    halvings: int = 12
    longest_step: float = 3.0
    smallest_loss: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("iterations", "halvings"):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        for name in ("step", "longest_step", "smallest_loss"):
            _require(getattr(self, name) > 0, name, getattr(self, name), "more than 0")


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Where the search went.

    Attributes
    ----------
    epsilons : tuple of Tensor, each (1, latent)
        The start, then the point after each iteration; detached.
    losses : tuple of float
        The segmenter's loss at each of them.
    """

    epsilons: tuple[torch.Tensor, ...]
    losses: tuple[float, ...]

    @property
    def epsilon(self) -> torch.Tensor:
        """The last point."""
        return self.epsilons[-1]


def search_epsilon(
    stylise: Stylise,
    loss: SegmenterLoss,
    start: torch.Tensor,
    deviation: torch.Tensor,
    config: SearchConfig | None = None,
) -> SearchResult:
    """Move epsilon uphill on the segmenter's loss: epsilon + step / loss * d loss / d epsilon, K times.

    Only gradients with respect to epsilon are taken: those of the segmenter and the stylizer are left alone.
    Departures from the published code: steps are halved until the loss rises, and are limited in length
    (`SearchConfig`); epsilon is detached between iterations.

    Parameters
    ----------
    stylise : callable
        For several channels, stack their pictures: they share epsilon.
    loss : callable
        The segmenter in evaluation mode with its labels.
    start : Tensor, shape (1, latent)
        Usually `sample(psi, xi, noise)` of a style of the target.
    deviation : Tensor, shape (1, latent)
        xi of that style; it limits the steps.

    Raises
    ------
    DatasetError
        If the loss is not finite, or does not depend on epsilon.
    """
    config = config or SearchConfig()
    limit = config.longest_step * start.numel() ** 0.5 * float(deviation.detach().abs().mean())
    epsilon = start.detach().clone()
    epsilons = [epsilon]
    losses: list[float] = []
    for _ in range(config.iterations):
        value, gradient = _loss_and_gradient(stylise, loss, epsilon)
        losses[len(epsilons) - 1 :] = [value]
        if value < config.smallest_loss:
            break
        move = ascent_move(value, gradient, limit, config.step)
        found = _uphill(stylise, loss, epsilon, move, value, config.halvings)
        if found is None:
            break
        epsilon, risen = found
        epsilons.append(epsilon)
        losses.append(risen)
    if not losses:
        losses.append(_loss_only(stylise, loss, epsilon))
    return SearchResult(tuple(epsilons), tuple(losses))


def ascent_move(loss: float, gradient: torch.Tensor, limit: float, step: float) -> torch.Tensor:
    """Return step / loss * gradient, each row (a point of the style space) shortened to at most `limit`."""
    move = step / loss * gradient
    return move * (limit / move.norm(dim=-1, keepdim=True).clamp_min(1e-12)).clamp_max(1.0)


def _loss_and_gradient(stylise: Stylise, loss: SegmenterLoss, epsilon: torch.Tensor) -> tuple[float, torch.Tensor]:
    with torch.enable_grad():
        leaf = epsilon.clone().requires_grad_()
        value = loss(stylise(leaf))
        if not torch.isfinite(value) or not value.requires_grad:
            raise DatasetError(
                f"The segmenter's loss is {float(value.detach())!r} and cannot be climbed",
                expected="a finite loss that depends on the stylised picture",
                remedy="Check the labels, and that neither stylizer nor segmenter runs without gradients",
            )
        (gradient,) = torch.autograd.grad(value, leaf)
    return float(value.detach()), gradient


@torch.no_grad()
def _loss_only(stylise: Stylise, loss: SegmenterLoss, epsilon: torch.Tensor) -> float:
    return float(loss(stylise(epsilon)))


def _uphill(
    stylise: Stylise, loss: SegmenterLoss, epsilon: torch.Tensor, move: torch.Tensor, value: float, halvings: int
) -> tuple[torch.Tensor, float] | None:
    """Return the first of move, move / 2, move / 4 ... that raises the loss, or None."""
    for attempt in range(halvings + 1):
        moved = epsilon + move / 2**attempt
        risen = _loss_only(stylise, loss, moved)
        if risen > value or (halvings == 0 and risen == risen):
            return moved, risen
    return None
