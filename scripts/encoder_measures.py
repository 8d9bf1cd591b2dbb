"""Measures of an encoder on slices: time, what its statistics tell, what its features keep; for `compare_encoders.py`.

Pictures are (Y, X) float32 of 0..1; nothing is learned here but ridge weights on statistics.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import replace

import numpy as np
import torch
from scipy import stats

from ssaglioma.shift import histogram, histogram_distances
from ssaglioma.style.encoders import STYLE_LAYERS, VggEncoder
from ssaglioma.style.feature_statistics import style_vector
from ssaglioma.style.gatys import GatysStylizer, settings_for

_RIDGE = 0.1
_KL_BINS = 64
_LEARNING_RATE = 0.05


def tensor_of(pictures: Seq[np.ndarray]) -> torch.Tensor:
    """Return pictures of one size as (B, 1, Y, X)."""
    return torch.from_numpy(np.stack(pictures))[:, None].contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def interleaved_times(encoders: Mapping[str, VggEncoder], edge: int = 240, rounds: int = 20) -> dict[str, list[float]]:
    """Return the processor seconds of each pass of one slice to relu4_1; encoders take turns.

    With one thread that is the time on an idle machine, whatever else shares it.
    """
    picture = torch.rand(1, 1, edge, edge, generator=torch.Generator().manual_seed(0))
    times: dict[str, list[float]] = {name: [] for name in encoders}
    for encoder in encoders.values():
        encoder(picture)
    for _ in range(rounds):
        for name, encoder in encoders.items():
            start = time.process_time()
            encoder.features(picture, STYLE_LAYERS[-1:])
            times[name].append(time.process_time() - start)
    return times


@torch.no_grad()
def style_statistics(encoder: VggEncoder, pictures: Seq[np.ndarray], batch: int = 4) -> dict[str, np.ndarray]:
    """Return means and deviations at each of `STYLE_LAYERS`, (pictures, 2 C); neighbours of one size share a pass."""
    rows: dict[str, list[np.ndarray]] = {layer: [] for layer in STYLE_LAYERS}
    start = 0
    while start < len(pictures):
        stop = start + 1
        while stop < min(start + batch, len(pictures)) and pictures[stop].shape == pictures[start].shape:
            stop += 1
        found = encoder.features(tensor_of(pictures[start:stop]), STYLE_LAYERS)
        for layer, features in zip(STYLE_LAYERS, found):
            rows[layer].append(style_vector(features).numpy())
        start = stop
    return {layer: np.concatenate(parts).astype(np.float64) for layer, parts in rows.items()}


def held_out_accuracy(statistics: np.ndarray, classes: Seq[str], cases: Seq[str]) -> dict[str, float]:
    """Return the share of slices whose class is told rightly from the statistics of the other cases' slices.

    Parameters
    ----------
    statistics : ndarray, shape (slices, numbers)
        Each number is brought to mean 0 and deviation 1 over the slices that teach.
    classes, cases : sequences of str

    Returns
    -------
    dict with 'ridge' (one weight vector a class, penalty 0.1 of the mean square of a slice) and 'centroid'
    """
    names = sorted(set(classes))
    target = np.array([[one == name for name in names] for one in classes], float)
    owner, right = np.asarray(cases), {"ridge": 0, "centroid": 0}
    for case in sorted(set(cases)):
        test = owner == case
        teach, told = statistics[~test], target[~test]
        mean, sd = teach.mean(0), teach.std(0)
        keep = sd > 1e-9 * (np.abs(mean) + 1e-12)
        a, b = ((one[:, keep] - mean[keep]) / sd[keep] / np.sqrt(keep.sum()) for one in (teach, statistics[test]))
        dual = np.linalg.solve(a @ a.T + _RIDGE * np.eye(len(a)), told - told.mean(0))
        centroids = (told.T @ a) / told.sum(0)[:, None]
        apart = ((b[:, None] - centroids) ** 2).sum(-1)
        wanted = target[test].argmax(1)
        right["ridge"] += int(((b @ a.T @ dual + told.mean(0)).argmax(1) == wanted).sum())
        right["centroid"] += int((apart.argmin(1) == wanted).sum())
    return {name: count / len(target) for name, count in right.items()}


def relative_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the distance of two arrays over the length of the second."""
    return float(np.linalg.norm(one - other) / (np.linalg.norm(other) + 1e-12))


@torch.no_grad()
def degradation_distances(
    encoder: VggEncoder, clean: np.ndarray, degraded: Seq[np.ndarray]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return how far each degraded slice is from the clean one: features and style statistics, for each layer."""
    reference = encoder.features(tensor_of([clean]), STYLE_LAYERS)
    features: dict[str, list[float]] = {layer: [] for layer in STYLE_LAYERS}
    styles: dict[str, list[float]] = {layer: [] for layer in STYLE_LAYERS}
    for picture in degraded:
        for layer, own, found in zip(STYLE_LAYERS, reference, encoder.features(tensor_of([picture]), STYLE_LAYERS)):
            features[layer].append(relative_distance(found.numpy(), own.numpy()))
            styles[layer].append(relative_distance(style_vector(found).numpy(), style_vector(own).numpy()))
    return features, styles


def pooled_spearman(levels: Seq[float], distances: Seq[Seq[float]]) -> tuple[float, float]:
    """Return the mean rank correlation of level and distance within a slice, and that over all slices together."""
    within = [float(stats.spearmanr(levels, one).statistic) for one in distances]
    everywhere = stats.spearmanr(
        np.tile(levels, len(distances)), np.concatenate([np.asarray(one) for one in distances])
    )
    return float(np.mean(within)), float(everywhere.statistic)


def gradient_correlation(one: np.ndarray, other: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Return the correlation of two pictures' gradients (both components together, central differences)."""
    inside = np.ones(one.shape, bool) if mask is None else mask
    flat = [np.concatenate([part[inside] for part in np.gradient(picture.astype(float))]) for picture in (one, other)]
    if min(values.std() for values in flat) == 0:
        return 0.0
    return float(np.corrcoef(flat[0], flat[1])[0, 1])


def inverted(encoder: VggEncoder, pictures: Seq[np.ndarray], layer: str, steps: int) -> np.ndarray:
    """Return the pictures (B, Y, X) that Adam finds from their features alone, starting from their mean gray.

    The loss is the squared distance of features over the square of the target, so that encoders of any scale get
    the same steps. No prior: what the features do not hold does not come back.
    """
    target = tensor_of(pictures)
    with torch.no_grad():
        wanted = encoder.features(target, (layer,))[0]
        scale = (wanted**2).mean(dim=(1, 2, 3), keepdim=True) + 1e-12
    picture = target.mean(dim=(1, 2, 3), keepdim=True).expand_as(target).clone().requires_grad_()
    optimizer = torch.optim.Adam([picture], lr=_LEARNING_RATE)
    for _ in range(steps):
        loss = ((encoder.features(picture, (layer,))[0] - wanted) ** 2 / scale).mean(dim=(1, 2, 3)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
    return picture.detach()[:, 0].numpy()


@torch.no_grad()
def sampled_features(encoder: VggEncoder, pictures: Seq[np.ndarray], most: int = 400) -> dict[str, np.ndarray]:
    """Return features at up to `most` positions of each picture, the same for every encoder, (positions, C)."""
    rows: dict[str, list[np.ndarray]] = {layer: [] for layer in STYLE_LAYERS}
    for number, picture in enumerate(pictures):
        for layer, found in zip(STYLE_LAYERS, encoder.features(tensor_of([picture]), STYLE_LAYERS)):
            flat = found[0].flatten(1).T.numpy()
            chosen = np.random.default_rng(number).permutation(len(flat))[:most]
            rows[layer].append(flat[chosen])
    return {layer: np.concatenate(parts).astype(np.float64) for layer, parts in rows.items()}


def linear_cka(one: np.ndarray, other: np.ndarray) -> float:
    """Return the linear centred kernel alignment of two sets of features (positions, C), 0..1 (Kornblith 2019)."""
    a, b = one - one.mean(0), other - other.mean(0)
    across = np.linalg.norm(a.T @ b) ** 2
    return float(across / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b) + 1e-30))


def gatys_pair(
    encoder: VggEncoder, content: np.ndarray, style: np.ndarray, brains: tuple[np.ndarray, np.ndarray], steps: int
) -> tuple[np.ndarray, dict[str, float]]:
    """Return the content in the style and its figures: Kullback-Leibler divergence to the style before and after,
    and the correlation of gradients with the content inside the brain.

    `settings_for` the encoder, without the boundary loss: it would hold the edges whatever the encoder does.
    """
    stylizer = GatysStylizer(network=encoder, config=replace(settings_for(encoder), steps=steps, boundary_weight=0.0))
    made = stylizer.optimised(tensor_of([content]), stylizer.style_of(tensor_of([style])), lambda *_: None)
    picture = made[0, 0].numpy() * brains[0]
    goal, old, new = (
        histogram([one[brain]], bins=_KL_BINS)
        for one, brain in ((style, brains[1]), (content, brains[0]), (picture, brains[0]))
    )
    before, after = histogram_distances(old, goal), histogram_distances(new, goal)
    figures = {
        "kl_before": before.kl_to_second,
        "kl_after": after.kl_to_second,
        "js_before": before.js,
        "js_after": after.js,
        "gradient_correlation": gradient_correlation(picture, content, brains[0]),
    }
    return picture, figures
