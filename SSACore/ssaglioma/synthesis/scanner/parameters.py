"""All parameters of one scan: JSON there and back, a hash, and changes by dotted name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.records import digest, from_plain, to_plain
from ssaglioma.synthesis.scanner.artifacts import Ghosting, Motion, Spikes, Wrap
from ssaglioma.synthesis.scanner.checks import check_choice
from ssaglioma.synthesis.scanner.effects import (
    BiasField,
    Displacement,
    FieldContrast,
    InPlane,
    Missing,
    Noise,
    ResidualSkull,
    Slices,
)

SCAN_FORMAT = 1
_EFFECTS: Mapping[str, type] = {
    "contrast": FieldContrast,
    "slices": Slices,
    "in_plane": InPlane,
    "bias": BiasField,
    "noise": Noise,
    "motion": Motion,
    "ghosting": Ghosting,
    "spikes": Spikes,
    "wrap": Wrap,
    "missing": Missing,
    "skull": ResidualSkull,
}


@dataclass(frozen=True)
class ScanParameters:
    """What a scanner does to a case; an effect that is None is off.

    Attributes
    ----------
    contrast : FieldContrast or None
    slices : Slices or None
    in_plane : InPlane or None
    bias : BiasField or None
    noise : Noise or None
    motion : Motion or None
    ghosting : Ghosting or None
    spikes : Spikes or None
    wrap : Wrap or None
    missing : Missing or None
    skull : ResidualSkull or None
    registration : tuple of Displacement
        At most one for each sequence.
    phase_axis : int
        In-plane axis of phase encoding: 0 the first array axis of a slice (anterior-posterior of an axial one), or 1.
    preset : str
        Name of the preset that they were drawn from, or 'own'.

    Raises
    ------
    DatasetError
        If a value is impossible.
    """

    contrast: FieldContrast | None = None
    slices: Slices | None = None
    in_plane: InPlane | None = None
    bias: BiasField | None = None
    noise: Noise | None = None
    motion: Motion | None = None
    ghosting: Ghosting | None = None
    spikes: Spikes | None = None
    wrap: Wrap | None = None
    missing: Missing | None = None
    skull: ResidualSkull | None = None
    registration: tuple[Displacement, ...] = ()
    phase_axis: int = 0
    preset: str = "own"

    def __post_init__(self) -> None:
        check_choice(self, "phase_axis", (0, 1))
        for name, kind in _EFFECTS.items():
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                raise DatasetError(
                    f"ScanParameters.{name} is {value!r}", expected=f"the values of {kind.__name__}, or none"
                )
        named = [one.sequence for one in self.registration]
        if len(set(named)) != len(named):
            raise DatasetError(f"ScanParameters.registration names {named!r}", expected="each sequence once")

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that name these parameters."""
        return digest(self)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values with the format and the hash."""
        return {"format": SCAN_FORMAT, "digest": self.digest, "scan": to_plain(self)}

    @classmethod
    def from_json(cls, values: Any, source: str = "scan.json") -> ScanParameters:
        """Build the parameters from parsed JSON; `source` names the file.

        Raises
        ------
        DatasetError
            If the format is another one, a value is impossible or was changed without its hash.
        """
        if not isinstance(values, Mapping) or values.get("format") != SCAN_FORMAT or "scan" not in values:
            raise DatasetError(
                f"The file {source!r} holds no scan", expected=f"'format': {SCAN_FORMAT} and 'scan'", remedy="Check it"
            )
        made = from_plain(cls, values["scan"])
        if values.get("digest") not in (None, made.digest):
            raise DatasetError(
                f"The file {source!r} has the digest {values['digest']!r}",
                expected=f"{made.digest!r}, that of its values",
                remedy="Remove the digest if the values were changed on purpose",
            )
        return made

    def changed(self, values: Mapping[str, Any]) -> ScanParameters:
        """Return the parameters with some values set by dotted name, such as {'noise.snr': 12, 'motion': None}.

        An effect that was off is switched on with the defaults of its other values.

        Raises
        ------
        DatasetError
            If a name is not known or a value is impossible.
        """
        plain = to_plain(self)
        for name, value in values.items():
            effect, _, field = name.partition(".")
            if not field and effect in plain:
                plain[effect] = _whole(effect, value)
                continue
            kind = _EFFECTS.get(effect)
            known = [] if kind is None else [one.name for one in fields(kind)]
            if kind is None or field not in known:
                raise DatasetError(
                    f"The scanner has no parameter {name!r}",
                    expected="one of " + ", ".join([f"{effect}.{one}" for one in known] or sorted(_EFFECTS)),
                    remedy="Name it as EFFECT.PARAMETER, such as noise.snr",
                )
            current = plain[effect] if plain[effect] is not None else to_plain(kind())
            plain[effect] = {**current, field: value}
        return from_plain(ScanParameters, plain)


def _whole(name: str, value: Any) -> Any:
    if name in ("phase_axis", "preset", "registration") or value is None:
        return [] if name == "registration" and value is None else value
    if name == "missing" and isinstance(value, (str, list)):
        return {"sequences": [value] if isinstance(value, str) else value}
    if isinstance(value, Mapping):
        return value
    raise DatasetError(
        f"The scanner's {name!r} is set to {value!r}",
        expected="none, or one of its parameters by name",
        remedy=f"Write {name}=none, or {name}.{fields(_EFFECTS[name])[0].name}=VALUE",
    )
