"""Raw scans: whether they will be prepared, what that costs, what the traffic light says, the aligned images."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import slicer
from slicer.i18n import tr as _

from SSAGliomaSegLib.inputs import FIELDS

_SECONDS_KEY = "SSAGliomaSeg/intakeSeconds"
_FIRST_SECONDS = 35.0
"""Seconds of the preparation on 2 cores, before this computer was measured (RESULTS.md)."""
_STEPS = ("find", "align", "brain_mask", "fat", "bias_and_grid", "quality")
_PREPARED_MEGAVOXELS = 4.0
_LISTED = 5
_COLORS = {"green": "#2e9e4f", "amber": "#d99000", "red": "#d03030"}
_OPTIONS = re.compile(r" \(--[^)]*\)")
ALIGNED = "aligned"
_OWN_KEYS = ("key", "light", "subject", "text")


@dataclass(frozen=True)
class QualityView:
    """The traffic light of a result, in the user's language.

    Attributes
    ----------
    light : str
        'green', 'amber' or 'red'.
    meaning : str
        What the light means, one sentence.
    reasons : tuple of str
        Whatever is not green, worst first; one sentence each.
    """

    light: str
    meaning: str
    reasons: tuple[str, ...]

    def richText(self, most: int = _LISTED) -> str:
        """Return a dot, the meaning and the first reasons for a label."""
        dot = f'<span style="color:{_COLORS[self.light]}">●</span> '
        lines = [f"• {html.escape(text)}" for text in self.reasons[:most]]
        if len(self.reasons) > most:
            lines.append(html.escape(_("... and {count} more").format(count=len(self.reasons) - most)))
        return dot + "<br>".join([f"<b>{html.escape(self.meaning)}</b>", *lines])


class IntakeLogic:
    """Preparation of raw scans, which the core does; part of `SSAGliomaSegLogic`."""

    def preparesRaw(self, parameters) -> bool:
        """Tell whether raw scans may be prepared at all with these parameters."""
        return parameters.prepare != "never" and not parameters.resample

    def willPrepare(self, parameters) -> bool:
        """Tell whether the core will most probably prepare the chosen images; it decides when it has read them."""
        from ssaglioma.preprocessing.prepared_input import may_be_prepared

        nodes = self.chosenNodes(parameters)
        if not nodes or not self.preparesRaw(parameters):
            return False
        if parameters.prepare == "always" or any(row.differs for row in self.geometryRows(parameters)):
            return True
        pairs = []
        for node in nodes.values():
            spacing = node.GetSpacing()
            pairs.append((slicer.util.arrayFromVolume(node), spacing[0] * spacing[1] * spacing[2] / 1000))
        return not may_be_prepared(pairs)

    def intakeSeconds(self) -> float:
        """Return the seconds that preparing four raw images will probably take on this computer."""
        return float(slicer.app.userSettings().value(_SECONDS_KEY) or _FIRST_SECONDS)

    @property
    def preparedMegavoxels(self) -> float:
        """Size of the images that the model sees after the preparation, whatever the scans' own grid is."""
        return _PREPARED_MEGAVOXELS

    def keepIntakeSeconds(self, timings: dict) -> None:
        """Learn how long the preparation takes on this computer, from the timings of a run."""
        total = sum(float(timings.get(step, 0.0)) for step in _STEPS)
        if total > 0:
            slicer.app.userSettings().setValue(_SECONDS_KEY, f"{total:.1f}")

    def qualityReport(self, parameters):
        """Return what the core's quality gate said of the shown result's images; None where it said nothing."""
        found = self.runInfo(parameters).get("quality")
        if not found:
            return None
        from ssaglioma.evaluation.quality import Finding, QualityReport

        findings = []
        for one in found["findings"]:
            values = {name: value for name, value in one.items() if name not in _OWN_KEYS}
            values |= {"text": one["text"].removesuffix(".")} if one["key"] == "note" else {}
            findings.append(Finding(one["key"], one["light"], one["subject"], values))
        return QualityReport(tuple(findings))

    def quality(self, parameters) -> QualityView | None:
        """Return the traffic light of the shown result's images; None as for `qualityReport`."""
        report = self.qualityReport(parameters)
        if report is None:
            return None
        language = _language()
        reasons = tuple(finding.text(language) for finding in report.reasons)
        return QualityView(report.light, report.text(language), reasons)

    def warningTexts(self, parameters) -> list:
        """Return what the run that made the shown result warned of, in the user's language where that is known."""
        from ssaglioma.evaluation.report_words import Words

        language, report = _language(), self.qualityReport(parameters)
        known = {} if report is None else {finding.text(): finding.text(language) for finding in report.reasons}
        warnings = self.runInfo(parameters).get("warnings", [])
        return [known.get(text) or Words(language).warning(text) for text in warnings]

    def imagesOnGrid(self, parameters, grid, *, stripped: bool = False) -> dict:
        """Return the chosen images by `Sequence` on the result's grid, laid on each other as the run aligned them.

        Images that were not part of that run are placed by their headers. `stripped` sets what is outside the brain
        that was found in raw images to 0.
        """
        import numpy as np

        from ssaglioma.labels import Sequence
        from ssaglioma.preprocessing.grid import Grid, sampled
        from ssaglioma.preprocessing.rigid_transform import RigidTransform
        from ssaglioma.volume import resample_to
        from SSASlicerLib.volumes import volume_from_node

        ways = self.runInfo(parameters).get("alignment", {})
        brain = volume_from_node(parameters.brain) if stripped and parameters.brain is not None else None
        images = {}
        for field, node in self.chosenNodes(parameters).items():
            volume, way = volume_from_node(node), ways.get(field, {})
            if volume.same_grid(grid):
                image = volume
            elif way.get("image") == node.GetName():
                transform = RigidTransform(np.reshape(way["matrix"], (4, 4)))
                image = sampled(volume, Grid.of(grid), transform)
            else:
                image = resample_to(volume, grid, order=1)
            if brain is not None and brain.same_grid(grid):
                image = image.with_array(np.where(brain.array > 0, image.array, 0).astype(image.array.dtype))
            images[Sequence(FIELDS[field])] = image
        return images

    def shownNodes(self, parameters) -> dict:
        """Return the images to read the result on, by parameter name: the aligned ones where they were loaded."""
        shown = self.chosenNodes(parameters)
        for field, name in self.runInfo(parameters).get("aligned", {}).items():
            node = slicer.mrmlScene.GetFirstNodeByName(name)
            if node is not None and node.GetAttribute("SSAGlioma.made") == ALIGNED:
                shown[field] = node
        return shown

    def keepIntake(self, order, job, values: dict, info: dict) -> None:
        """Keep what the preparation of raw scans gave: light and alignment in `info`, brain and images in the scene."""
        from SSASlicerLib import jobs, subject_hierarchy, volumes

        parameters, anchor = order.parameters, order.anchor
        parameters.brain = None
        if "quality" in values:
            info["quality"] = values["quality"]
        if "grid_of" not in values:
            return
        names = {FIELDS[field]: (field, node.GetName()) for field, node in order.nodes.items()}
        info["alignment"] = {
            names[key][0]: {"image": names[key][1], "matrix": matrix} for key, matrix in values["alignment"].items()
        }
        brain = jobs.read_brain(job, anchor)
        if brain is not None:
            node = volumes.node_from_volume(brain, slicer.mrmlScene.GenerateUniqueName(f"{anchor.GetName()} brain"))
            node.SetAttribute("SSAGlioma.made", "brain")
            node.SetHideFromEditors(True)
            subject_hierarchy.place_beside(node, anchor)
            parameters.brain = node
        if "prepared" in values:
            nodes = self.loadAlignedImages(values["prepared"], anchor)
            info["aligned"] = {field: node.GetName() for field, node in nodes.items()}

    def loadAlignedImages(self, folder, anchor) -> dict:
        """Load the aligned, stripped images that a run kept; return them by parameter name.

        They lie on their own 1 mm grid in the space of T1Gd, and are never taken for inputs.
        """
        from ssaglioma.labels import Sequence
        from SSASlicerLib import jobs, subject_hierarchy, volumes

        fields = {Sequence(value): field for field, value in FIELDS.items()}
        nodes = {}
        for sequence, volume in jobs.read_aligned(folder).items():
            name = slicer.mrmlScene.GenerateUniqueName(f"{anchor.GetName()} {sequence.display_name} {ALIGNED}")
            node = volumes.node_from_volume(volume, name)
            node.SetAttribute("SSAGlioma.made", ALIGNED)
            subject_hierarchy.place_beside(node, anchor)
            nodes[fields[sequence]] = node
        return nodes

    @staticmethod
    def inWords(message: str) -> str:
        """Return a message of the core without the options of its command line."""
        return _OPTIONS.sub("", message)


def _language() -> str:
    """The language of the core's sentences that is nearest to Slicer's."""
    from ssaglioma.evaluation.quality_words import SENTENCES

    code = str(slicer.app.userSettings().value("language") or "en")[:2]
    return code if code in SENTENCES else "en"
