"""Charts as plot and table nodes: histograms with distances, Dice against strength, the map of features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from SSAStyleTransferLib.chart_nodes import drawLines, drawScatter
from SSAStyleTransferLib.content import oneSlice
from SSAStyleTransferLib.sample import sampleVolume, tumorSlice

if TYPE_CHECKING:
    import numpy as np

ALL = "all"
_BINS = 64
_MAP_SCANNERS = ("3T_research", "1.5T_ssa")
_MAP_SCANS, _MAP_SLICES, _MAP_REACH = 4, 4, 24
_DEFAULT_CONTRAST = "t2f"


@dataclass(frozen=True)
class Distances:
    """How far the gray values of a picture are from the style's.

    Attributes
    ----------
    kl : float
        Kullback-Leibler divergence from the style, nats.
    wasserstein : float
        On the scale 0..1 of each picture.
    """

    kl: float
    wasserstein: float


class ChartsLogic:
    """Plots and tables; part of `SSAStyleTransferLogic`."""

    def regionNames(self, parameters) -> list[str]:
        """Return the regions that histograms can be drawn of: the whole brain, and the labels on this slice."""
        shown = self.shownPicture
        labels = None if shown is None else self.labelsSlice(parameters, shown.piece)
        if labels is None:
            return [ALL]
        from ssaglioma.labels import GLIOMA

        present = [name for name, value in GLIOMA.values.items() if (labels == value).any()]
        return [ALL, *present, "other"] if present else [ALL]

    def styleDistances(self, parameters) -> tuple[Distances, Distances] | None:
        """Return the distances of original and result to the style, or None without a style picture."""
        samples = self._samples(parameters)
        if samples is None or "style" not in samples:
            return None
        from ssaglioma.shift import histogram, histogram_distances

        shares = {name: histogram([values], bins=_BINS) for name, values in samples.items()}
        found = (histogram_distances(shares[name], shares["style"]) for name in ("before", "after"))
        first, second = (Distances(one.kl_to_second, one.wasserstein) for one in found)
        return first, second

    def distanceText(self, parameters) -> str:
        """Return the distances in a sentence, or an empty text."""
        from ssaglioma.errors import SSAGliomaError

        try:
            found = self.styleDistances(parameters)
        except SSAGliomaError:
            return ""  # a slice that is empty, or of one gray value
        if found is None:
            return ""
        before, after = found
        return _("To the style: KL {a:.2f} → {b:.2f}, Wasserstein {c:.3f} → {d:.3f}").format(
            a=before.kl, b=after.kl, c=before.wasserstein, d=after.wasserstein
        )

    def drawHistograms(self, parameters, show: bool = True):
        """Fill table and chart with the histograms of original, style and result; return the chart.

        Raises
        ------
        DatasetError
            If no picture is shown, or the slice holds too little.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.shift import histogram

        samples = self._samples(parameters)
        if samples is None:
            raise DatasetError("No picture is shown", remedy=_("Choose content, style and method first"))
        names = {"before": _("Original"), "style": _("Style"), "after": _("Result")}
        columns: dict = {}
        for key, values in samples.items():
            found = histogram([values], bins=_BINS)
            columns.setdefault(_("Gray value"), found.centres)
            columns[names[key]] = found.shares
        title = _("Histograms, {region}").format(
            region=_("whole image") if parameters.region == ALL else parameters.region
        )
        if text := self.distanceText(parameters):
            title += f". {text.replace('→', '/')}"  # charts have no arrow
        chart = drawLines(parameters, "histogram", columns, title, (_("Gray value"), _("Share")))
        if show:
            self.showViews(parameters, chart)
        return chart

    def drawCurve(self, parameters, found: list, labels=None, show: bool = True):
        """Fill table and chart with the Dice at each strength; return the chart.

        Parameters
        ----------
        found : list of (strength, labels)
            In the order of strength, the first at 0.
        labels : Volume, optional
            Reference; the labels at strength 0 without it.
        """
        import numpy as np

        from SSAStyleTransferLib.seeing import diceOf

        reference = found[0][1] if labels is None else labels.array
        columns = {_("Strength"): np.array([one for one, _labels in found])}
        for region in ("WT", "TC", "ET"):
            columns[region] = np.array([diceOf(reference, other, region) for _strength, other in found])
        title = _("Dice to the labels") if labels is not None else _("Dice to the mask of the original")
        chart = drawLines(parameters, "curve", columns, title, (_("Strength"), "Dice"))
        chart.SetYAxisRangeAuto(False)
        chart.SetYAxisRange(0.0, 1.0)
        if show:
            self.showViews(parameters, chart)
        return chart

    def drawMap(self, parameters, show: bool = True):
        """Draw original, style and result among slices of a 3 T and a 1.5 T scanner; return the chart.

        Raises
        ------
        DatasetError
            If no picture is shown, or the slice holds too little.
        """
        import numpy as np

        from ssaglioma.errors import DatasetError

        shown = self.shownPicture
        if shown is None:
            raise DatasetError("No picture is shown", remedy=_("Choose content, style and method first"))
        contrast = shown.piece.sequence.value if shown.piece.sequence else _DEFAULT_CONTRAST
        feature_map, clouds = _scannerMap(contrast)
        pictures = {_("Original"): shown.piece.array, _("Result"): shown.array}
        style = self._stylePicture(parameters, shown)
        if style is not None:
            pictures[_("Style")] = style
        groups = {self.presetTitle(name): feature_map.project(rows) for name, rows in zip(_MAP_SCANNERS, clouds)}
        groups |= {name: feature_map.project(_features(picture[None])) for name, picture in pictures.items()}
        longest = max(len(rows) for rows in groups.values())
        columns: dict = {}
        for name, rows in groups.items():
            padded = np.concatenate([rows[:, :2], np.repeat(rows[-1:, :2], longest - len(rows), axis=0)])
            columns[f"{name} x"], columns[f"{name} y"] = padded[:, 0], padded[:, 1]
        chart = drawScatter(parameters, columns, list(groups), len(_MAP_SCANNERS))
        if show:
            self.showViews(parameters, chart)
        return chart

    def refreshChart(self, parameters) -> None:
        """Draw the chart that is shown anew for the present picture: its histograms, or its dot on the map.

        Where our views show no chart yet, they get the histograms.
        """
        shown, chart = self.shownPicture, self.shownChart()
        if shown is None or not self.viewsShown or not shown.piece.array.any():
            return
        if chart is None:
            self.plotNode().SetPlotChartNodeID(self.drawHistograms(parameters, show=False).GetID())
        elif chart is parameters.histogramChart:
            self.drawHistograms(parameters, show=False)
        elif chart is parameters.mapChart:
            self.drawMap(parameters, show=False)

    def _samples(self, parameters) -> dict | None:
        """Return gray values 0..1 of original, style and result in the chosen region; None without a picture."""
        from ssaglioma.labels import GLIOMA
        from ssaglioma.shift import region_samples

        shown = self.shownPicture
        if shown is None:
            return None
        import numpy as np

        mask = shown.piece.array != 0
        labels = self.labelsSlice(parameters, shown.piece)
        labels = np.zeros(mask.shape, np.uint8) if labels is None else labels
        region = parameters.region
        found = {}
        for name, array in (("before", shown.piece.array), ("after", shown.array)):
            regions = region_samples(array, labels, mask, GLIOMA)
            found[name] = regions.get(region, regions[ALL])
        style = self._stylePicture(parameters, shown)
        if style is not None:
            found["style"] = region_samples(style, np.zeros(style.shape, np.uint8), style != 0, GLIOMA)[ALL]
        return found

    def _stylePicture(self, parameters, shown) -> np.ndarray | None:
        import numpy as np

        from SSAStyleTransferLib.methods import SCANNER

        if self.methodEntry(parameters).method == SCANNER:
            return None
        volume = self.styleSlice(parameters, shown.piece.sequence)
        return None if volume is None else np.squeeze(volume.array).astype(np.float32)


def _features(pictures) -> np.ndarray:
    """Return hand-made features of pictures (N, Y, X), each scaled to 0..1 first."""
    import numpy as np

    from ssaglioma.shift import plain_features
    from ssaglioma.style.pictures import slice_pictures

    return plain_features(np.stack([np.clip(slice_pictures(one, "picture").unit[0], 0, 1) for one in pictures]))


@lru_cache(maxsize=4)
def _scannerMap(contrast: str):
    """Return the map of the sample case seen by two scanners, and the features of their slices."""
    import numpy as np

    from ssaglioma.labels import Sequence
    from ssaglioma.shift import fit_map
    from ssaglioma.synthesis.scanner import apply_scan, draw_scan

    sequence = Sequence(contrast)
    first = tumorSlice() - _MAP_REACH // 2
    slab = oneSlice(sampleVolume(contrast), 0, first, _MAP_REACH)
    clouds = []
    for scanner in _MAP_SCANNERS:
        cases = []
        for seed in range(_MAP_SCANS):
            scan = draw_scan(scanner, np.random.default_rng(100 + seed))
            scan = scan.changed({"missing": None, "registration": None})
            made = apply_scan({sequence: slab}, scan, grid="original", threads=1)[sequence].array
            cases.append(_features(made[2 :: _MAP_REACH // _MAP_SLICES]))
        clouds.append(cases)
    return fit_map(*clouds), tuple(np.concatenate(cases) for cases in clouds)
