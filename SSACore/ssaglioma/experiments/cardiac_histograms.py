"""What stylising does to the histograms of hearts: Kullback-Leibler divergences (figures 7 and 8 of Rahman & Gu)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ssaglioma.experiments.cardiac_design import SETTINGS
from ssaglioma.experiments.design import Row
from ssaglioma.experiments.fold_tasks import FoldTask
from ssaglioma.experiments.heart_images import label_squares
from ssaglioma.labels import CARDIAC_LGE
from ssaglioma.shift.histograms import Histogram, histogram, histogram_distances
from ssaglioma.training.cases import OUTSIDE
from ssaglioma.volume import read_labelmap
from ssaglioma.volume.atomic import atomic_path

if TYPE_CHECKING:
    from ssaglioma.experiments.cardiac_study import CardiacStudy

REGIONS: Mapping[str, tuple[int, ...] | None] = {"slice": None, "heart": (1, 2, 3), "MYO": (1,)}
"""Class numbers that each region takes; None the whole slice."""
PICTURE = "histograms.png"
_SLICES_PER_CASE = 4
_COLORS = {"content": "#0072b2", "style": "#d55e00", "stylised": "#009e73"}
_DASHES = {"content": "-", "style": "--", "stylised": ":"}
Samples = dict[str, dict[str, list[np.ndarray]]]
"""'content', 'style' or 'stylised' -> region -> intensities of each slice."""


def histogram_analysis(study: CardiacStudy, rows: Sequence[Row], tasks: Sequence[FoldTask]) -> dict[str, Any]:
    """Return a table of divergences of the styled settings, and the name of the picture, for the report.

    Styles are drawn without a search (K plays no part), on the first task's training patients; the labels of their
    LGE stacks only say where the heart is, once everything has been scored.
    """
    styled = [row for row in rows if SETTINGS[row.name].method and not row.name.endswith(("k1", "k3"))]
    if not styled:
        return {}
    task = tasks[0]
    names = [name for name in study.hearts.training_targets(task) if name in study.hearts.target_labels]
    references = study.labels.for_analysis(names, [row.name for row in rows], tasks)
    found = {row.title: _histograms(_samples(study, row, task, references)) for row in styled}
    _draw(found, study.context.output / PICTURE)
    head = ["", *(f"{region}, to {other}" for other in ("content", "style") for region in REGIONS)]
    lines = [head]
    for title, parts in found.items():
        values = [
            histogram_distances(parts["stylised"][region], parts[other][region]).kl_to_second
            for other in ("content", "style")
            for region in REGIONS
        ]
        lines.append([title, *(f"{value:.3f}" for value in values)])
    title = "Kullback-Leibler divergence of stylised slices (nats): stylised to content, stylised to style"
    return {"tables": {title: lines}, "pictures": [PICTURE]}


def _samples(study: CardiacStudy, row: Row, task: FoldTask, references: Mapping[str, Path]) -> Samples:
    """Return intensities of content, its stylised copies and the styles they took, region by region."""
    setting = SETTINGS[row.name]
    bank = study.stylizers.bank(setting, task)
    generator = np.random.default_rng(task.seed)
    style_labels = _style_labels(study, references)
    samples: Samples = {kind: {region: [] for region in REGIONS} for kind in _COLORS}
    for name in study.hearts.training_sources(task):
        case = study.hearts.source_case(name)
        heights = np.unique(np.linspace(0, len(case.labels) - 1, _SLICES_PER_CASE).round().astype(int))
        for height in heights:
            content, labels = case.image[0, height], case.labels[height]
            if setting.pairing == "same_patient":
                chosen = bank.slices.nearest(name, height / max(len(case.labels) - 1, 1))
            else:
                chosen = int(generator.integers(len(bank.slices.cases)))
            noise = torch.from_numpy(generator.standard_normal((1, bank.noise_size), dtype=np.float32))
            with torch.no_grad():
                points = bank.points(torch.tensor([chosen], device=bank.device), noise.to(bank.device))
                picture = torch.from_numpy(content[None, None]).to(bank.device)
                stylised = bank.stylised(picture, points)[0, 0].cpu().numpy()
            _add(samples["content"], content, labels)
            _add(samples["stylised"], stylised, labels)
            owner = style_labels.get(bank.slices.cases[chosen])
            if owner is not None:
                place = round(float(bank.slices.heights[chosen]) * (len(owner) - 1))
                _add(samples["style"], bank.slices.pictures[chosen], owner[place])
    return samples


def _style_labels(study: CardiacStudy, references: Mapping[str, Path]) -> dict[str, np.ndarray]:
    found = {}
    for name, path in references.items():
        grid = study.hearts.target_stack(name)[1]
        found[name] = label_squares(read_labelmap(path, CARDIAC_LGE), grid, CARDIAC_LGE)
    return found


def _add(regions: dict[str, list[np.ndarray]], picture: np.ndarray, labels: np.ndarray) -> None:
    inside = labels != OUTSIDE
    for region, numbers in REGIONS.items():
        mask = inside if numbers is None else np.isin(labels, numbers)
        if mask.any():
            regions[region].append(picture[mask])


def _histograms(samples: Samples) -> dict[str, dict[str, Histogram]]:
    return {kind: {region: histogram(found) for region, found in parts.items()} for kind, parts in samples.items()}


def _draw(found: Mapping[str, Mapping[str, Mapping[str, Histogram]]], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    page = Figure(figsize=(12, 1.9 * len(found) + 0.5), layout="constrained")
    FigureCanvasAgg(page)
    axes: Any = page.subplots(len(found), len(REGIONS), squeeze=False, sharex=True)
    for line, (title, parts) in enumerate(found.items()):
        for place, region in enumerate(REGIONS):
            panel = axes[line, place]
            for kind, color in _COLORS.items():
                one = parts[kind][region]
                shares = one.shares.reshape(64, -1).sum(1)
                middles = one.centres.reshape(64, -1).mean(1)
                panel.plot(middles, shares, color=color, linestyle=_DASHES[kind], linewidth=1.3, label=kind)
            panel.set_title(f"{title}: {region}", fontsize=9)
            panel.set_yticks([])
    axes[0, 0].legend(fontsize=8)
    for panel in axes[-1]:
        panel.set_xlabel("intensity, 0 to 1", fontsize=9)
    with atomic_path(path) as temporary:
        page.savefig(temporary, format="png", dpi=110, facecolor="white", metadata={"Software": None})
