"""The card of a stylizer or of an encoder: what it turns into what, which styles it brings, what it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ssaglioma.errors import ModelPackageError, SequenceError, requirement
from ssaglioma.labels import Sequence

STYLE_FORMAT = 1
STYLIZER, ENCODER = "stylizer", "encoder"
STYLE_KINDS = (STYLIZER, ENCODER)
NETWORK_PREFIX, STYLE_PREFIX, DECODER_PREFIX = "network.", "style.", "decoder."
_CONTRAST = re.compile(r"[a-z0-9_-]+")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_require = requirement("The card's", ModelPackageError)


@dataclass(frozen=True)
class BuiltInStyle:
    """A style that a stylizer brings along, so that no style image is needed.

    Attributes
    ----------
    name : str
        As given to `--style-name`, for example '1.5T_ssa'.
    cases : dict of str to int
        For each contrast of content that the style is for: how many cases it was learned over.
    description, sources : str
        What it is, and whose images it was learned from.
    """

    name: str
    cases: Mapping[str, int]
    description: str
    sources: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "cases", {contrast_name(key): int(count) for key, count in self.cases.items()})
        _require(bool(_NAME.fullmatch(self.name)), "style name", self.name, "letters, digits, '.', '-' and '_'")
        few = not self.cases or min(self.cases.values()) < 1
        _require(not few, f"style {self.name!r}", dict(self.cases), "one contrast or more, each of one case or more")

    @property
    def contrasts(self) -> tuple[str, ...]:
        """The contrasts of content that it is for."""
        return tuple(self.cases)


@dataclass(frozen=True)
class StyleCard:
    """Contents of `card.json` of a package whose `kind` is 'stylizer' or 'encoder'.

    Attributes
    ----------
    kind : str
        One of `STYLE_KINDS`; the card of a segmenter is `ModelCard` and has no kind.
    name, version, title : str
        Short name as given to `--model`, version of the weights, one line for people.
    method : str or None
        Name in `style.METHODS`; None for an encoder.
    encoder : str
        Name in `style.encoders.ENCODERS`.
    options : dict of str to int
        Sizes that the network was built with, where they are not those of its method: 'kernel_size', 'hidden' ...
    contrasts : tuple of str
        Of the content that it was trained on: 't1n', 't1c', 't2w', 't2f' (aliases are understood), or a free name for
        images without a `Sequence` ('composite', 'bssfp', 'lge').
    slice_axis : str
        'axial' or 'through_plane'; the axis along which volumes are cut where the user names none.
    styles : tuple of BuiltInStyle
    content_domain, style_domain : str
        What it turns into what, in words.
    training_data, licence, intended_use : str
        In words.
    trained_cases : tuple of str
        Names of all cases whose images its weights or its styles were learned from. What it stylises must not train a
        model that is judged on these patients.
    scores : dict
        Identity error first, and how it came about.
    sha256 : dict of str to str
        Digest of every other file of the package.
    """

    kind: str
    name: str
    version: str
    title: str
    method: str | None
    encoder: str
    contrasts: tuple[str, ...]
    content_domain: str
    style_domain: str
    training_data: str
    licence: str
    intended_use: str
    options: dict[str, int] = field(default_factory=dict)
    trained_cases: tuple[str, ...] = ()
    slice_axis: str = "axial"
    styles: tuple[BuiltInStyle, ...] = ()
    scores: dict[str, Any] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    format: int = STYLE_FORMAT

    def __post_init__(self) -> None:
        object.__setattr__(self, "contrasts", tuple(contrast_name(one) for one in self.contrasts))
        object.__setattr__(self, "trained_cases", tuple(str(one) for one in self.trained_cases))
        object.__setattr__(self, "styles", tuple(_style(one) for one in self.styles))
        _require(self.format == STYLE_FORMAT, "format", self.format, f"{STYLE_FORMAT} (update SSAGlioma)")
        _require(self.kind in STYLE_KINDS, "kind", self.kind, f"one of {STYLE_KINDS}")
        _require(self.name.replace("-", "").replace("_", "").isalnum(), "name", self.name, "a word")
        _require((self.method is None) == (self.kind == ENCODER), "method", self.method, "one for a stylizer alone")
        _require(self.slice_axis in ("axial", "through_plane"), "slice_axis", self.slice_axis, "axial or through_plane")
        names = [style.name for style in self.styles]
        _require(len(set(names)) == len(names), "styles", names, "each name once")
        _require(bool(self.contrasts), "contrasts", self.contrasts, "at least one")
        beyond = sorted({one for style in self.styles for one in style.contrasts} - set(self.contrasts))
        _require(not beyond, "styles", beyond, f"only the contrasts {list(self.contrasts)}")

    def style(self, name: str | None = None) -> BuiltInStyle:
        """Return a built-in style by name; None gives the first one.

        Raises
        ------
        ModelPackageError
            If there is no such style.
        """
        found = [style for style in self.styles if name in (None, style.name)]
        if not found:
            raise ModelPackageError(
                f"The stylizer {self.name!r} has no built-in style {name!r}"
                if name
                else f"The stylizer {self.name!r} has no built-in style",
                expected=f"one of {[style.name for style in self.styles]}" if self.styles else "a style image",
                remedy="Give a style image by --style" if not self.styles else "",
            )
        return found[0]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Any, source: str) -> StyleCard:
        """Build a card from parsed JSON.

        Raises
        ------
        ModelPackageError
            If keys are missing or unknown, or a value makes no sense; `source` names the file.
        """
        if not isinstance(values, dict):
            raise ModelPackageError(f"{source} does not hold a JSON object")
        unknown = sorted(set(values) - {item.name for item in fields(cls)})
        if unknown:
            raise ModelPackageError(f"{source} holds unknown keys {unknown!r}", remedy="Update SSAGlioma")
        try:
            return cls(**values)
        except (TypeError, AttributeError) as error:
            raise ModelPackageError(f"{source} is not a whole card of a stylizer or encoder: {error}") from error


def contrast_name(text: str) -> str:
    """Return the value of the `Sequence` that a name stands for ('FLAIR' gives 't2f'), or a free name in lower case.

    Raises
    ------
    ModelPackageError
        If a free name holds more than letters, digits, '-' and '_'.
    """
    try:
        return Sequence.parse(text).value
    except SequenceError:
        name = str(text).lower()
        _require(bool(_CONTRAST.fullmatch(name)), "contrast", text, "letters, digits, '-' and '_'")
        return name


def contrast_sequence(name: str) -> Sequence | None:
    """Return the sequence of a contrast's name, or None for a free name."""
    try:
        return Sequence.parse(name)
    except SequenceError:
        return None


def _style(value: Any) -> BuiltInStyle:
    return value if isinstance(value, BuiltInStyle) else BuiltInStyle(**value)
