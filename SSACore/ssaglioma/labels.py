"""Sequences, label schemes and regions: the only place that spells a label.

References: label values of BraTS 2023 (NCR 1, ED 2, ET 3; ET was 4 until 2022),
MS-CMRSeg 2019 for the cardiac scheme.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import numpy as np

from ssaglioma.errors import DatasetError, SequenceError


class Sequence(str, Enum):
    """An MR contrast of a glioma study; the value is the BraTS 2023 file suffix."""

    T1N = "t1n"
    T1C = "t1c"
    T2W = "t2w"
    T2F = "t2f"

    @property
    def display_name(self) -> str:
        """The name that a radiologist uses."""
        return _DISPLAY_NAMES[self]

    @classmethod
    def parse(cls, text: str) -> Sequence:
        """Return the sequence that a name or alias stands for ('T1ce', 'FLAIR', 't1Gd').

        Raises
        ------
        SequenceError
            If the text is no known alias.
        """
        key = re.sub(r"[^a-z0-9]", "", str(text).lower())
        if key not in _ALIASES:
            raise SequenceError(
                f"The sequence name {text!r} is not known",
                expected="one of " + ", ".join(sorted(_ALIASES)),
                remedy="Rename the file or name the sequence explicitly",
            )
        return _ALIASES[key]


SEQUENCE_ORDER: tuple[Sequence, ...] = (Sequence.T1N, Sequence.T1C, Sequence.T2W, Sequence.T2F)

_DISPLAY_NAMES = {
    Sequence.T1N: "T1",
    Sequence.T1C: "T1Gd",
    Sequence.T2W: "T2",
    Sequence.T2F: "FLAIR",
}

_ALIASES = {
    alias: sequence
    for sequence, aliases in {
        Sequence.T1N: "t1n t1 t1w t1native native t1pre",
        Sequence.T1C: "t1c t1ce t1gd t1cew t1post t1contrast t1wce t1km",
        Sequence.T2W: "t2w t2 t2tse t2fse",
        Sequence.T2F: "t2f flair t2flair fla t2wflair",
    }.items()
    for alias in aliases.split()
}


@dataclass(frozen=True)
class LabelScheme:
    """Names, values and regions of one kind of labelmap.

    Attributes
    ----------
    name : str
        Key of the scheme in `LABEL_SCHEMES`.
    values : mapping of str to int
        Value of each disjoint label, background excluded.
    regions : mapping of str to tuple of str
        Each region as a union of label names; regions may overlap. Order is the order
        in which nested regions are painted (largest first).
    """

    name: str
    values: Mapping[str, int]
    regions: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))
        object.__setattr__(self, "regions", MappingProxyType(dict(self.regions)))
        if 0 in self.values.values() or len(set(self.values.values())) != len(self.values):
            raise ValueError(f"Label values must be unique and not 0, found {dict(self.values)!r}")
        for region, names in self.regions.items():
            unknown = set(names) - set(self.values)
            if unknown or not names:
                raise ValueError(f"Region {region!r} names unknown labels {sorted(unknown)!r}")

    @property
    def allowed_values(self) -> frozenset[int]:
        """All values that a labelmap of this scheme may hold, 0 included."""
        return frozenset({0, *self.values.values()})

    def region_values(self, region: str) -> tuple[int, ...]:
        """Return the label values of a region, or of a single label, by name."""
        if region in self.regions:
            return tuple(self.values[name] for name in self.regions[region])
        if region in self.values:
            return (self.values[region],)
        known = [*self.regions, *self.values]
        raise DatasetError(f"The region {region!r} is not in scheme {self.name!r}", expected=f"one of {known}")

    def mask(self, labelmap: np.ndarray, region: str) -> np.ndarray:
        """Return the bool mask of a region (any shape, same shape out)."""
        return np.isin(labelmap, self.region_values(region))

    def __reduce__(self) -> tuple:
        return (LabelScheme, (self.name, dict(self.values), dict(self.regions)))


GLIOMA = LabelScheme(
    name="glioma",
    values={"NCR": 1, "ED": 2, "ET": 3},
    regions={"WT": ("NCR", "ED", "ET"), "TC": ("NCR", "ET"), "ET": ("ET",)},
)
"""Pre-operative glioma, BraTS 2023."""

GLIOMA_POST = LabelScheme(
    name="glioma_post",
    values={"NCR": 1, "ED": 2, "ET": 3, "RC": 4},
    regions={"WT": ("NCR", "ED", "ET"), "TC": ("NCR", "ET"), "ET": ("ET",), "RC": ("RC",)},
)
"""Post-treatment glioma with the resection cavity, BraTS 2024."""

CARDIAC_LGE = LabelScheme(
    name="cardiac_lge",
    values={"MYO": 200, "LV": 500, "RV": 600},
    regions={"MYO": ("MYO",), "LV": ("LV",), "RV": ("RV",)},
)
"""Heart in late-enhancement MRI, MS-CMRSeg 2019."""

BRAIN = LabelScheme(name="brain", values={"BRAIN": 1}, regions={"BRAIN": ("BRAIN",)})
"""The brain against everything else, with its furrows, ventricles and tumour."""

_NAME_ALIASES = {
    alias: name
    for name, aliases in {
        "WT": "wt wholetumor wholetumour",
        "TC": "tc tumorcore tumourcore core",
        "ET": "et enhancingtumor enhancingtumour enhancing aet gdenhancingtumor",
        "NCR": "ncr netc necrosis necroticcore necrotictumorcore ncrnet nonenhancingtumorcore",
        "ED": "ed edema oedema snfh peritumoraledema peritumouraloedema flairhyperintensity",
        "RC": "rc resectioncavity cavity",
    }.items()
    for alias in aliases.split()
}

LABEL_SCHEMES: Mapping[str, LabelScheme] = MappingProxyType(
    {scheme.name: scheme for scheme in (GLIOMA, GLIOMA_POST, CARDIAC_LGE, BRAIN)}
)

_OLD_BRATS_ET = 4


def label_scheme(name: str) -> LabelScheme:
    """Return a label scheme by name.

    Raises
    ------
    DatasetError
        If no scheme has this name.
    """
    if name not in LABEL_SCHEMES:
        raise DatasetError(f"The label scheme {name!r} is not known", expected=f"one of {sorted(LABEL_SCHEMES)}")
    return LABEL_SCHEMES[name]


def parse_label_name(text: str, scheme: LabelScheme) -> str:
    """Return the region or label of a scheme that a name or alias stands for ('whole tumor', 'SNFH', 'edema').

    Raises
    ------
    DatasetError
        If the scheme has none of that name.
    """
    key = re.sub(r"[^a-z0-9]", "", str(text).lower())
    known = list(dict.fromkeys([*scheme.regions, *scheme.values]))
    found = _NAME_ALIASES.get(key, next((name for name in known if name.lower() == key), ""))
    if found not in known:
        raise DatasetError(
            f"The label name {text!r} is not known in the scheme {scheme.name!r}",
            expected=f"a name or alias of one of {known}",
            remedy="Name the labels explicitly",
        )
    return found


def to_scheme(labelmap: np.ndarray, scheme: LabelScheme, *, source: str = "labelmap") -> np.ndarray:
    """Return a uint16 labelmap that holds only values of the scheme.

    In the `glioma` scheme the value 4 of BraTS 2018-2022 (ET) becomes 3 when no 3 is
    present. With both 3 and 4 the map is a post-treatment one (4 = resection cavity).

    Parameters
    ----------
    labelmap : ndarray
        Any shape; integer valued (a float array with whole numbers is accepted).
    source : str
        Name used in errors, usually the file.

    Raises
    ------
    DatasetError
        For fractional, negative, unknown or ambiguous values.
    """
    array = np.asarray(labelmap)
    if array.dtype.kind == "f" and not np.equal(array, np.round(np.nan_to_num(array))).all():
        raise DatasetError(
            f"{source} holds values that are not whole numbers",
            expected=f"the labels {sorted(scheme.allowed_values)}",
            remedy="Give a labelmap, not an intensity image or a probability map",
        )
    present = {int(value) for value in np.unique(array)}
    if scheme.name == GLIOMA.name and _OLD_BRATS_ET in present:
        if scheme.values["ET"] in present:
            raise DatasetError(
                f"{source} holds both 3 and 4, found labels {sorted(present)}",
                expected=f"the labels {sorted(scheme.allowed_values)} (4 alone is read as the ET of BraTS 2018-2022)",
                remedy="If 4 is a resection cavity, choose the label scheme 'glioma_post' (--labels glioma_post)",
            )
        array = np.where(array == _OLD_BRATS_ET, scheme.values["ET"], array)
        present = (present - {_OLD_BRATS_ET}) | {scheme.values["ET"]}
    unknown = sorted(present - scheme.allowed_values)
    if unknown:
        raise DatasetError(
            f"{source} holds labels {unknown[:8]} that the scheme {scheme.name!r} does not have",
            expected=f"only {sorted(scheme.allowed_values)}",
            remedy="Check that this file is the labelmap, or choose another label scheme",
        )
    return array.astype(np.uint16)
