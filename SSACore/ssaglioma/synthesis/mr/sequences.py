"""Signal equations of the sequences that glioma protocols use; times in ms, angles in degrees.

References: Bernstein, King, Zhou, Handbook of MRI Pulse Sequences, 2004 (spin echo, inversion recovery,
spoiled gradient echo); Deichmann et al. 2000, doi:10.1006/nimg.2000.0601 (MPRAGE's approach to the steady
state of the readout train).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.mr.relaxation import TissueMr


@dataclass(frozen=True)
class SpinEcho:
    """Spin echo, also as an approximation of turbo spin echo with its effective TE."""

    tr_ms: float
    te_ms: float

    def __post_init__(self) -> None:
        _check(self, self.tr_ms > self.te_ms > 0, "TR above TE, both positive")

    def signal(self, tissue: TissueMr) -> float:
        """PD (1 - exp(-TR/T1)) exp(-TE/T2)."""
        recovery = 1 - np.exp(-self.tr_ms / tissue.t1_ms)
        return float(tissue.proton_density * recovery * np.exp(-self.te_ms / tissue.t2_ms))


@dataclass(frozen=True)
class InversionRecovery:
    """Inversion recovery spin echo (FLAIR); the signal keeps its sign, the image is its magnitude."""

    tr_ms: float
    te_ms: float
    ti_ms: float

    def __post_init__(self) -> None:
        _check(self, self.tr_ms > self.ti_ms > 0 and self.te_ms > 0, "TR above TI, TI and TE positive")

    def signal(self, tissue: TissueMr) -> float:
        """PD (1 - 2 exp(-TI/T1) + exp(-TR/T1)) exp(-TE/T2)."""
        recovery = 1 - 2 * np.exp(-self.ti_ms / tissue.t1_ms) + np.exp(-self.tr_ms / tissue.t1_ms)
        return float(tissue.proton_density * recovery * np.exp(-self.te_ms / tissue.t2_ms))


@dataclass(frozen=True)
class SpoiledGradientEcho:
    """Spoiled gradient echo in the steady state; T2 stands in for T2*."""

    tr_ms: float
    te_ms: float
    flip_degrees: float

    def __post_init__(self) -> None:
        _check(self, self.tr_ms > self.te_ms > 0 and 0 < self.flip_degrees <= 90, "TR above TE, flip 0 to 90")

    def signal(self, tissue: TissueMr) -> float:
        """PD sin(a) (1 - E1) / (1 - cos(a) E1) exp(-TE/T2), E1 = exp(-TR/T1)."""
        angle, e1 = np.deg2rad(self.flip_degrees), np.exp(-self.tr_ms / tissue.t1_ms)
        steady = np.sin(angle) * (1 - e1) / (1 - np.cos(angle) * e1)
        return float(tissue.proton_density * steady * np.exp(-self.te_ms / tissue.t2_ms))


@dataclass(frozen=True)
class Mprage:
    """Magnetization-prepared gradient echo: inversion, TI to the middle of the train, recovery until TR.

    Attributes
    ----------
    tr_ms, ti_ms, te_ms, flip_degrees : float
        TR from inversion to inversion.
    echo_spacing_ms : float
    echoes : int
        Excitations of the train; k-space centre in its middle.
    """

    tr_ms: float
    ti_ms: float
    te_ms: float
    flip_degrees: float
    echo_spacing_ms: float = 7.0
    echoes: int = 160

    def __post_init__(self) -> None:
        train = self.echoes * self.echo_spacing_ms
        _check(self, self.ti_ms > train / 2 and self.tr_ms > self.ti_ms + train / 2, "a train that fits around TI")

    def signal(self, tissue: TissueMr) -> float:
        """Longitudinal magnetization at the train's middle, in the periodic steady state, times sin(a) exp(-TE/T2)."""
        t1, angle = tissue.t1_ms, np.deg2rad(self.flip_degrees)
        half = self.echoes * self.echo_spacing_ms / 2
        rate = 1 / t1 - np.log(np.cos(angle)) / self.echo_spacing_ms
        level, decay = (1 / t1) / rate, np.exp(-half * rate)
        before, after = np.exp(-(self.ti_ms - half) / t1), np.exp(-(self.tr_ms - self.ti_ms - half) / t1)
        # M -> (inversion) -M -> recovery `before` -> half train -> [centre] -> half train -> recovery `after` -> M
        slope, offset = -1.0, 0.0
        centre = (slope, offset)
        for stage, (factor, goal) in enumerate(((before, 1.0), (decay, level), (decay, level), (after, 1.0))):
            slope, offset = slope * factor, goal + (offset - goal) * factor
            if stage == 1:
                centre = (slope, offset)
        steady = offset / (1 - slope)
        magnetization = centre[0] * steady + centre[1]
        return float(tissue.proton_density * magnetization * np.sin(angle) * np.exp(-self.te_ms / tissue.t2_ms))


PulseSequence = SpinEcho | InversionRecovery | SpoiledGradientEcho | Mprage


def csf_nulling_ti_ms(tr_ms: float, t1_ms: float) -> float:
    """Return the TI at which an inversion recovery shows nothing of a tissue: T1 ln(2 / (1 + exp(-TR/T1)))."""
    return float(t1_ms * np.log(2 / (1 + np.exp(-tr_ms / t1_ms))))


def _check(sequence: object, good: bool, expected: str) -> None:
    if not good:
        raise DatasetError(f"The sequence {sequence!r} cannot be played", expected=expected)
