"""Drawing the parameters of one scan from a preset; nothing is applied here."""

from __future__ import annotations

import numpy as np

from ssaglioma.synthesis.scanner.artifacts import Ghosting, Motion, Pose, Spike, Spikes, Wrap
from ssaglioma.synthesis.scanner.checks import SEQUENCE_NAMES
from ssaglioma.synthesis.scanner.effects import BiasField, Displacement, FieldContrast, InPlane, Missing, Noise, Slices
from ssaglioma.synthesis.scanner.parameters import ScanParameters
from ssaglioma.synthesis.scanner.presets import ScannerPreset, scanner_preset

_DIGITS = 4
_SOURCE_MT = 3000.0


def draw_scan(preset: ScannerPreset | str, generator: np.random.Generator) -> ScanParameters:
    """Return the parameters of one scan; one generator state gives one result on every machine.

    Numbers are rounded to 4 digits, so that no last bit of a library can change them. The images are taken to come
    from 3 T. Residual skull is never drawn: it needs an image of the skull.
    """
    scanner = scanner_preset(preset) if isinstance(preset, str) else preset
    slices = Slices(_uniform(generator, scanner.thickness_mm), _uniform(generator, scanner.gap_mm))
    slices = Slices(slices.thickness_mm, slices.gap_mm, "axial", scanner.profile)
    in_plane = InPlane(
        _uniform(generator, scanner.in_plane_mm),
        _uniform(generator, scanner.in_plane_mm),
        _uniform(generator, scanner.gibbs),
    )
    bias = BiasField(_uniform(generator, scanner.bias_percent), _seed(generator))
    noise = Noise(_uniform(generator, scanner.snr), _seed(generator))
    registration = tuple(_displacement(generator, scanner, name) for name in SEQUENCE_NAMES)
    contrast = None if scanner.field_mt == _SOURCE_MT else FieldContrast(_SOURCE_MT, float(scanner.field_mt))
    return ScanParameters(
        contrast=contrast,
        slices=slices,
        in_plane=in_plane,
        bias=bias,
        noise=noise,
        motion=_motion(generator, scanner),
        ghosting=_ghosting(generator, scanner),
        spikes=_spikes(generator, scanner),
        wrap=_wrap(generator, scanner),
        missing=_missing(generator, scanner),
        registration=registration,
        phase_axis=int(generator.integers(2)),
        preset=scanner.name,
    )


def _motion(generator: np.random.Generator, scanner: ScannerPreset) -> Motion | None:
    hit = _hit(generator, scanner.motion_chance)
    poses = []
    for _ in range(int(generator.integers(1, 4))):
        at = _uniform(generator, (0.05, 0.4)) if generator.random() < 0.5 else _uniform(generator, (0.6, 0.95))
        far, turn = scanner.motion_mm, scanner.motion_degrees
        shift = (_uniform(generator, (-far, far)), _uniform(generator, (-far, far)))
        poses.append(Pose(at, shift, _uniform(generator, (-turn, turn))))
    return Motion(tuple(poses), hit) if hit else None


def _ghosting(generator: np.random.Generator, scanner: ScannerPreset) -> Ghosting | None:
    hit = _hit(generator, scanner.ghost_chance)
    period, percent = int(generator.integers(2, 6)), _uniform(generator, scanner.ghost_percent)
    return Ghosting(period, percent, hit) if hit else None


def _spikes(generator: np.random.Generator, scanner: ScannerPreset) -> Spikes | None:
    hit = _hit(generator, scanner.spike_chance)
    place = (_uniform(generator, (-0.8, 0.8)), _uniform(generator, (-0.8, 0.8)))
    spike = Spike(place, _uniform(generator, (5, 20)), _uniform(generator, (0.2, 0.8)))
    return Spikes((spike,), hit) if hit else None


def _wrap(generator: np.random.Generator, scanner: ScannerPreset) -> Wrap | None:
    hit = _hit(generator, scanner.wrap_chance)
    size = _uniform(generator, (150, 170))
    return Wrap(size, hit) if hit else None


def _missing(generator: np.random.Generator, scanner: ScannerPreset) -> Missing | None:
    lost = _hit(generator, scanner.missing_chance)
    lost = lost[:-1] if len(lost) == len(SEQUENCE_NAMES) else lost
    return Missing(lost) if lost else None


def _displacement(generator: np.random.Generator, scanner: ScannerPreset, name: str) -> Displacement:
    far, turn = scanner.registration_mm, scanner.registration_degrees
    numbers = [_uniform(generator, (-1, 1)) for _ in range(6)]
    if name == SEQUENCE_NAMES[1]:  # T1Gd is the image that the others are registered to
        return Displacement(name)
    shift, turned = (
        (round(far * one, _DIGITS) for one in numbers[:3]),
        (round(turn * one, _DIGITS) for one in numbers[3:]),
    )
    return Displacement(name, tuple(shift), tuple(turned))  # type: ignore[arg-type]


def _hit(generator: np.random.Generator, chance: float) -> tuple[str, ...]:
    drawn = generator.random(len(SEQUENCE_NAMES))
    return tuple(name for name, number in zip(SEQUENCE_NAMES, drawn) if number < chance)


def _uniform(generator: np.random.Generator, limits: tuple[float, float]) -> float:
    return round(float(limits[0] + (limits[1] - limits[0]) * generator.random()), _DIGITS)


def _seed(generator: np.random.Generator) -> int:
    return int(generator.integers(2**31))
