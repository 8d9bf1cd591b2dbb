"""Which label or region of a scheme a segment stands for, from its id, name, code or number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, LabelScheme
from SSASlicerLib.terminology import SEGMENT_STYLES, WHOLE_TUMOR, Code, type_code

if TYPE_CHECKING:
    from slicer import vtkMRMLSegmentationNode

_ALIASES: Mapping[str, str] = {
    alias: name
    for name, aliases in {
        "NCR": "ncr necrosis necrotic necroticcore necrotictumorcore necroticnonenhancingtumorcore ncrnet net "
        "nonenhancing nonenhancingtumor nonenhancingtumorcore",
        "ED": "ed edema oedema peritumoraledema peritumoraloedema peritumoraledematousinvadedtissue snfh",
        "ET": "et at enhancing enhancingtumor enhancinglesion gdenhancingtumor activetumor",
        "RC": "rc resectioncavity cavity",
        "TC": "tc tumorcore core",
        "WT": "wt wholetumor tumor glioma lesion wholelesion neoplasmprimary neoplasm",
    }.items()
    for alias in aliases.split()
}
_NUMBERED = re.compile(r"(?:label|segment|class)?[ _-]*(\d+)", re.IGNORECASE)
_OLD_ET = 4
_CODES: Mapping[tuple[str, str], str] = {
    **{style.type_code[:2]: name for name, style in SEGMENT_STYLES.items()},
    WHOLE_TUMOR.type_code[:2]: "WT",
    ("SCT", "86049000"): "WT",  # the code that Slicer's own list has for 'Neoplasm, Primary'
}


def guess_mapping(node: vtkMRMLSegmentationNode, scheme: LabelScheme = GLIOMA) -> dict[str, str]:
    """Return the label or region name of each segment that can be told, by segment id.

    A segment is known by its id or name (usual spellings), else by its terminology code, else, when every
    remaining name is a number, by the scheme's value (4 is the old ET when no 3 is there).
    """
    segmentation = node.GetSegmentation()
    known = {*scheme.values, *scheme.regions}
    found: dict[str, str] = {}
    rest: dict[str, str] = {}
    for segment_id in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segment_id)
        name = _by_words(segment.GetName()) or _by_words(segment_id) or _by_code(type_code(segment))
        if name in known:
            found[segment_id] = name
        else:
            rest[segment_id] = segment.GetName()
    return {**found, **_by_numbers(rest, scheme)}


def checked_mapping(
    node: vtkMRMLSegmentationNode, mapping: Mapping[str, str] | None, scheme: LabelScheme
) -> dict[str, str]:
    """Return label or region names by segment id from what a caller gave (ids or names), or from a guess.

    Segments that a given mapping leaves out, or maps to '', are not used.

    Raises
    ------
    DatasetError
        If the segmentation is empty, a segment or a label is not known, or nothing is mapped.
    """
    segmentation = node.GetSegmentation()
    ids = list(segmentation.GetSegmentIDs()) if segmentation is not None else []
    names = [segmentation.GetSegment(segment_id).GetName() for segment_id in ids]
    if not ids:
        raise DatasetError(f"The segmentation {node.GetName()!r} has no segments", remedy="Choose another segmentation")
    if mapping is None:
        result = guess_mapping(node, scheme)
    else:
        result = {segment_id: mapping.get(segment_id, mapping.get(name, "")) for segment_id, name in zip(ids, names)}
        strangers = set(mapping) - {*ids, *names}
        if strangers:
            raise DatasetError(
                f"The segmentation {node.GetName()!r} has no segments {sorted(strangers)}", expected=f"of {names}"
            )
    result = {segment_id: name for segment_id, name in result.items() if name}
    unknown = sorted(set(result.values()) - {*scheme.values, *scheme.regions})
    if unknown:
        raise DatasetError(
            f"The labels {unknown} are not in the scheme {scheme.name!r}",
            expected=f"one of {[*dict.fromkeys([*scheme.regions, *scheme.values])]}",
        )
    if not result:
        raise DatasetError(
            f"No segment of {node.GetName()!r} could be told, found {names}",
            expected=f"names such as {[*scheme.values]} or {[*scheme.regions]}",
            remedy="Rename the segments, or say which segment is which",
        )
    return result


def comparable_regions(mapping: Mapping[str, str], scheme: LabelScheme = GLIOMA) -> list[str]:
    """Return the regions and labels that segments with these names can be scored on, in the scheme's order.

    Where labels alone are named, one that is missing is taken for empty, and all can be scored. Where
    regions are named (WT without TC, say), only what they determine can.

    Parameters
    ----------
    mapping : mapping of str to str
        Label or region name by segment id, as in `SegmentationReading.mapping`.
    """
    names = set(mapping.values())
    everything = list(dict.fromkeys([*scheme.regions, *scheme.values]))
    if names <= set(scheme.values):
        return everything
    kinds: dict[frozenset[str], set[str]] = {}  # labels that are in the same sets cannot be told apart
    for label in scheme.values:
        kinds.setdefault(frozenset(name for name in names if label in labels_of(name, scheme)), set()).add(label)
    told = [kind for sets, kind in kinds.items() if sets]
    covered = {name: [kind for kind in told if kind <= labels_of(name, scheme)] for name in everything}
    return [name for name in everything if set().union(*covered[name]) == labels_of(name, scheme)]


def painting_plan(names: Mapping[str, str], scheme: LabelScheme) -> dict[str, str]:
    """Return the label that each segment paints, in the order of painting: the largest sets of labels first.

    A region paints the first of its labels, in the order in which nested regions are painted, that no smaller
    set among the names holds: of WT, TC and ET, WT paints ED and TC NCR; of WT and ED, WT paints NCR.
    """
    order = _nesting_order(scheme)
    painted = {}
    for segment_id, name in names.items():
        own = labels_of(name, scheme)
        inner = [labels_of(other, scheme) for other in names.values()]
        left = own.difference(*(labels for labels in inner if labels < own)) or own
        painted[segment_id] = min(left, key=order.index)
    first = sorted(names, key=lambda key: (-len(labels_of(names[key], scheme)), order.index(painted[key])))
    return {segment_id: painted[segment_id] for segment_id in first}


def labels_of(name: str, scheme: LabelScheme) -> set[str]:
    """Return the labels of a region, or of a label itself."""
    return set(scheme.regions[name]) if name in scheme.regions else {name}


def _nesting_order(scheme: LabelScheme) -> list[str]:
    """Return the labels from the outermost to the innermost: each region's own one, then any others."""
    order = []
    regions = list(scheme.regions)
    for number, region in enumerate(regions):
        later = {label for other in regions[number + 1 :] for label in scheme.regions[other]}
        order += [label for label in scheme.regions[region] if label not in later and label not in order]
    return [*order, *(label for label in scheme.values if label not in order)]


def _by_words(text: str) -> str | None:
    return _ALIASES.get(re.sub(r"[^a-z0-9]", "", text.lower().replace("tumour", "tumor")))


def _by_code(code: Code | None) -> str | None:
    return None if code is None else _CODES.get(code[:2])


def _by_numbers(names: Mapping[str, str], scheme: LabelScheme) -> dict[str, str]:
    matches = {segment_id: _NUMBERED.fullmatch(name.strip()) for segment_id, name in names.items()}
    if not all(matches.values()):
        return {}
    numbers = {segment_id: int(match[1]) for segment_id, match in matches.items() if match}
    by_value = {value: name for name, value in scheme.values.items()}
    if scheme.name == GLIOMA.name and scheme.values["ET"] not in numbers.values():
        by_value[_OLD_ET] = "ET"
    return {segment_id: by_value[number] for segment_id, number in numbers.items() if number in by_value}
