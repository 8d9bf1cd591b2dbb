"""Relaxation times and proton density of tissues, and what a contrast agent does to them.

T1 of white and grey matter follows T1 = a (gamma B0)^b with a, b of Rooney et al. 2007
(doi:10.1002/mrm.21122; constants not read from the paper itself). At 3 T that gives 0.89 and 1.30 s, close to
0.83 and 1.33 s of Wansapura et al. 1999 (J Magn Reson Imaging 9:531-538), whose T2 of 80 ms is used for white
matter; 95 ms for grey matter is that of Stanisz et al. 2005 (doi:10.1002/mrm.20605). CSF: T1 4.3 s at every field
(Rooney), T2 2 s (usual value). Tumour tissues vary widely; theirs are chosen so that rendered contrasts have the
ratios to normal brain measured in public glioma cases. Values of papers are quoted from memory unless said otherwise;
all of them are parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from ssaglioma.errors import DatasetError

GAMMA_HZ_PER_T = 42.577e6
_REFERENCE_T = 3.0
_T2_EXPONENT = -0.06
_LOWEST_T, _HIGHEST_T = 0.02, 12.0


@dataclass(frozen=True)
class TissueMr:
    """What a tissue is to the scanner at 3 T.

    Attributes
    ----------
    t1_ms, t2_ms : float
    proton_density : float
        Relative to water.
    t1_exponent : float
        T1 is proportional to B0 to this power.
    water_spread : float
        Standard deviation of the logarithm of T1 and T2 inside the tissue.
    uptake_mm : float
        Concentration of contrast agent in T1Gd, in mmol/l.
    """

    t1_ms: float
    t2_ms: float
    proton_density: float
    t1_exponent: float = 0.35
    water_spread: float = 0.03
    uptake_mm: float = 0.0

    def __post_init__(self) -> None:
        if min(self.t1_ms, self.t2_ms, self.proton_density) <= 0 or self.uptake_mm < 0:
            raise DatasetError(
                f"A tissue has T1 {self.t1_ms!r} ms, T2 {self.t2_ms!r} ms, density {self.proton_density!r}, "
                f"uptake {self.uptake_mm!r} mmol/l",
                expected="positive times and density, an uptake of at least 0",
            )

    def at(self, field_t: float) -> TissueMr:
        """Return the tissue at another field strength in tesla; T2 depends weakly on it."""
        if not _LOWEST_T <= field_t <= _HIGHEST_T:
            raise DatasetError(f"The field is {field_t!r} T", expected=f"{_LOWEST_T} to {_HIGHEST_T} T")
        ratio = field_t / _REFERENCE_T
        return replace(self, t1_ms=self.t1_ms * ratio**self.t1_exponent, t2_ms=self.t2_ms * ratio**_T2_EXPONENT)

    def with_agent(self, concentration_mm: float, agent: ContrastAgent) -> TissueMr:
        """Return the tissue with contrast agent: 1/T = 1/T0 + r C."""
        return replace(
            self,
            t1_ms=1 / (1 / self.t1_ms + agent.r1 * concentration_mm / 1000),
            t2_ms=1 / (1 / self.t2_ms + agent.r2 * concentration_mm / 1000),
        )


@dataclass(frozen=True)
class ContrastAgent:
    """Relaxivities in l/mmol/s.

    Gadobutrol in plasma at 37 C: r1 4.78 at 1.5 T and 4.97 at 3 T (Szomolanyi et al. 2019,
    doi:10.1097/RLI.0000000000000577); r2 of about 6 and 7 (Rohrer et al. 2005, not read). r1 hardly depends on the
    field there, so one value serves from 0.3 to 3 T.
    """

    r1: float = 4.9
    r2: float = 6.5


def rooney_t1_ms(field_t: float, a: float, b: float) -> float:
    """Return T1 = a (gamma B0)^b in ms, with a in seconds."""
    return 1000 * a * (GAMMA_HZ_PER_T * field_t) ** b


_WHITE_B, _GREY_B = 0.382, 0.376
_T1_WHITE = rooney_t1_ms(_REFERENCE_T, 0.00071, _WHITE_B)
_T1_GREY = rooney_t1_ms(_REFERENCE_T, 0.00116, _GREY_B)

TISSUE_MR: Mapping[str, TissueMr] = MappingProxyType(
    {
        "white": TissueMr(_T1_WHITE, 80, 0.71, _WHITE_B, 0.022),
        "cortex": TissueMr(_T1_GREY, 95, 0.82, _GREY_B, 0.04),
        "deep_grey": TissueMr(1120, 85, 0.80, _GREY_B, 0.05),
        "brainstem": TissueMr(980, 85, 0.74, _WHITE_B, 0.05),
        "csf": TissueMr(4300, 2000, 1.0, 0.0, 0.05),
        "choroid": TissueMr(1700, 200, 0.9, 0.3, 0.1, 0.5),
        "vessel": TissueMr(1800, 45, 0.9, 0.3, 0.1, 2.0),
        "soft": TissueMr(900, 45, 0.7, 0.3, 0.25, 0.05),
        "skin": TissueMr(420, 90, 0.9, 0.2, 0.2, 0.02),
        "bone": TissueMr(500, 8, 0.12, 0.3, 0.3),
        "fluid": TissueMr(3800, 1200, 1.0, 0.0, 0.03),
        "NCR": TissueMr(1900, 240, 0.90, 0.25, 0.16, 0.01),
        "ED": TissueMr(1280, 150, 0.82, 0.3, 0.18, 0.005),
        "ET": TissueMr(1450, 165, 0.86, 0.3, 0.10, 0.13),
        "RC": TissueMr(3600, 1000, 0.98, 0.1, 0.05),
    }
)
"""Tissues at 3 T."""

_HEALTHY_SPREAD, _TUMOUR_SPREAD, _UPTAKE_SPREAD = 0.03, 0.12, 0.4
_TUMOUR = ("NCR", "ED", "ET")


@dataclass(frozen=True)
class TissueDraw:
    """Departures of one patient's tissues from the table, as factors.

    Attributes
    ----------
    t1, t2, uptake : mappings of tissue to float
        1 where a tissue is not named.
    """

    t1: Mapping[str, float] = field(default_factory=dict)
    t2: Mapping[str, float] = field(default_factory=dict)
    uptake: Mapping[str, float] = field(default_factory=dict)


def draw_tissues(generator: np.random.Generator, *, cystic: bool = False) -> TissueDraw:
    """Draw a patient's tissues; T1 and T2 rise together, as water content does."""
    t1, t2, uptake = {}, {}, {}
    for name in TISSUE_MR:
        spread = _TUMOUR_SPREAD if name in _TUMOUR else _HEALTHY_SPREAD
        water = generator.normal(0, spread)
        t1[name] = float(np.exp(0.7 * water + 0.3 * generator.normal(0, spread)))
        t2[name] = float(np.exp(water + 0.3 * generator.normal(0, spread)))
        uptake[name] = float(np.exp(generator.normal(0, _UPTAKE_SPREAD)))
    if cystic:
        t1["NCR"], t2["NCR"] = t1["NCR"] * 1.6, t2["NCR"] * 3.0
    return TissueDraw(t1, t2, uptake)


def tissues_at(field_t: float, draw: TissueDraw) -> dict[str, TissueMr]:
    """Return all tissues of a patient at a field strength."""
    found = {}
    for name, tissue in TISSUE_MR.items():
        there = tissue.at(field_t)
        found[name] = replace(
            there,
            t1_ms=there.t1_ms * draw.t1.get(name, 1.0),
            t2_ms=there.t2_ms * draw.t2.get(name, 1.0),
            uptake_mm=there.uptake_mm * draw.uptake.get(name, 1.0),
        )
    return found
