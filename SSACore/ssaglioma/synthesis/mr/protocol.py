"""A protocol: the field, four pulse sequences, the agent, and the small faults of a good scanner."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence
from ssaglioma.synthesis.mr.relaxation import TISSUE_MR, ContrastAgent
from ssaglioma.synthesis.mr.sequences import (
    InversionRecovery,
    Mprage,
    PulseSequence,
    SpinEcho,
    csf_nulling_ti_ms,
)


@dataclass(frozen=True)
class Protocol:
    """How a case is imaged.

    Attributes
    ----------
    field_t : float
    t1n, t1c, t2w, t2f : pulse sequences
    agent : ContrastAgent
    blur_mm : tuple of 4 floats
        Standard deviation of the point spread, in the order of `SEQUENCE_ORDER`.
    snr : tuple of 4 floats
        Mean brain signal over the standard deviation of the noise.
    bias : tuple of 4 floats
        Standard deviation of the logarithm of what is left of the bias field.
    """

    field_t: float
    t1n: PulseSequence
    t1c: PulseSequence
    t2w: PulseSequence
    t2f: PulseSequence
    agent: ContrastAgent = field(default_factory=ContrastAgent)
    blur_mm: tuple[float, float, float, float] = (0.5, 0.5, 0.5, 0.6)
    snr: tuple[float, float, float, float] = (35.0, 35.0, 35.0, 35.0)
    bias: tuple[float, float, float, float] = (0.05, 0.05, 0.05, 0.05)

    def __post_init__(self) -> None:
        if self.field_t <= 0 or min(self.snr) <= 0 or min(self.blur_mm) < 0 or min(self.bias) < 0:
            raise DatasetError(
                f"The protocol has field {self.field_t!r} T, SNR {self.snr!r}, blur {self.blur_mm!r} mm, "
                f"bias {self.bias!r}",
                expected="positive field and SNR, blur and bias of at least 0",
            )

    def sequence(self, name: Sequence) -> PulseSequence:
        """Return the pulse sequence of a contrast."""
        return getattr(self, name.value)


def draw_protocol(generator: np.random.Generator, field_t: float | None = None) -> Protocol:
    """Draw a clinical or research protocol, at 1.5 or 3 T if no field is given."""
    drawn = 3.0 if generator.random() < 0.5 else 1.5
    field_t = drawn if field_t is None else field_t
    t1n = _draw_t1(generator, field_t)
    t1c = t1n if generator.random() < 0.6 else _draw_t1(generator, field_t)
    tr = float(generator.uniform(8000, 10500))
    null = csf_nulling_ti_ms(tr, TISSUE_MR["csf"].t1_ms)
    return Protocol(
        field_t=field_t,
        t1n=t1n,
        t1c=t1c,
        t2w=SpinEcho(float(generator.uniform(3500, 6000)), float(generator.uniform(80, 110))),
        t2f=InversionRecovery(tr, float(generator.uniform(90, 135)), float(null * generator.uniform(0.88, 0.98))),
        blur_mm=_four(generator.uniform(0.35, 0.9, 4)),
        snr=_four(generator.uniform(18, 60, 4)),
        bias=_four(generator.uniform(0.02, 0.08, 4)),
    )


def _draw_t1(generator: np.random.Generator, field_t: float) -> PulseSequence:
    if generator.random() < (0.75 if field_t > 2 else 0.45):
        return Mprage(
            tr_ms=float(generator.uniform(1900, 2400)),
            ti_ms=float(generator.uniform(850, 1050)),
            te_ms=float(generator.uniform(2.5, 4)),
            flip_degrees=float(generator.uniform(7, 12)),
        )
    return SpinEcho(float(generator.uniform(400, 600)), float(generator.uniform(8, 15)))


def _four(values: np.ndarray) -> tuple[float, float, float, float]:
    return (float(values[0]), float(values[1]), float(values[2]), float(values[3]))
