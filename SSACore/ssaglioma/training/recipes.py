"""The recipes that a training can follow: what each one needs, what can be set, and the function that trains.

Nothing here imports torch, so that a screen can list the recipes on a computer where it is not installed yet.
Other rooms add recipes by `register`; modules of `ssaglioma.experiments` whose name begins with 'recipe' are
imported by the command line before it lists or looks up a recipe.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ssaglioma.errors import DatasetError
from ssaglioma.types import ProgressCallback

if TYPE_CHECKING:
    from ssaglioma.training.recipe_context import RunContext, TrainedRun

INPUTS = ("source", "target", "corrections", "style", "model")
"""What a recipe may be given: folders of cases, a folder of corrections, cases whose look is lent, a model."""
KINDS: Mapping[str, type] = MappingProxyType({"int": int, "float": float, "text": str})


@dataclass(frozen=True)
class RecipeOption:
    """One setting of a recipe.

    Attributes
    ----------
    name : str
    default : int, float or str
        Gives the kind of the option, too.
    title : str
        For people.
    tip : str
        What it does and what it costs.
    choices : tuple
        Allowed values; any of the kind where empty.
    least : float or None
        Smallest value of a number.
    """

    name: str
    default: int | float | str
    title: str
    tip: str
    choices: tuple[int | float | str, ...] = ()
    least: float | None = None

    @property
    def kind(self) -> str:
        """'int', 'float' or 'text'."""
        return next(name for name, kind in KINDS.items() if type(self.default) is kind)

    def parse(self, value: Any) -> int | float | str:
        """Return a value, which may be a text, as this option's kind.

        Raises
        ------
        DatasetError
            If the value makes no sense.
        """
        expected = (
            f"one of {self.choices}"
            if self.choices
            else {"int": "a whole number", "float": "a number"}.get(self.kind, "a text")
        )
        try:
            parsed = KINDS[self.kind](value)
            sound = not isinstance(parsed, float) or math.isfinite(parsed)
            sound = sound and (self.kind != "int" or float(value) == parsed)
        except (TypeError, ValueError) as error:
            raise self._wrong(value, expected) from error
        if self.least is not None and sound and not isinstance(parsed, str) and parsed < self.least:
            raise self._wrong(value, f"at least {self.least:g}")
        if not sound or (self.choices and parsed not in self.choices):
            raise self._wrong(value, expected)
        return parsed

    def _wrong(self, value: Any, expected: str) -> DatasetError:
        return DatasetError(f"The option {self.name!r} is {value!r}", expected=expected)


@dataclass(frozen=True)
class Recipe:
    """One way to train.

    Attributes
    ----------
    name : str
        For programs.
    title, sentence : str
        For people; the sentence says what the recipe is good for.
    needed, optional : tuple of str
        Of `INPUTS`: what must be given, and what may be.
    held_out_from : str
        The input that gives the held-out cases: 'source' or 'target'.
    options : tuple of RecipeOption
    train : callable
        Takes a `RunContext` and a progress callback, trains, and returns the `TrainedRun`; None when it was paused.

    Raises
    ------
    DatasetError
        If an input is not known, or the held-out cases come from one that is not needed.
    """

    name: str
    title: str
    sentence: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    held_out_from: str
    options: tuple[RecipeOption, ...]
    train: Callable[[RunContext, ProgressCallback], TrainedRun | None]

    def __post_init__(self) -> None:
        unknown = sorted({*self.needed, *self.optional} - set(INPUTS))
        if unknown:
            raise DatasetError(f"The recipe {self.name!r} needs {unknown}", expected=f"some of {INPUTS}")
        if self.held_out_from not in {"source", "target"} & set(self.needed):
            raise DatasetError(
                f"The recipe {self.name!r} holds out cases of {self.held_out_from!r}",
                expected="source or target, whichever it needs",
            )

    def values(self, given: Mapping[str, Any]) -> dict[str, int | float | str]:
        """Return all options, those that are given parsed and the others by default.

        Raises
        ------
        DatasetError
            If an option is not known or its value makes no sense.
        """
        known = {option.name: option for option in self.options}
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise DatasetError(
                f"The recipe {self.name!r} has no option {unknown[0]!r}", expected=f"one of {sorted(known)}"
            )
        return {name: option.parse(given.get(name, option.default)) for name, option in known.items()}

    def to_json(self) -> dict[str, Any]:
        """Return what a screen shows, as plain JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "sentence": self.sentence,
            "needed": list(self.needed),
            "optional": list(self.optional),
            "held_out_from": self.held_out_from,
            "options": [
                {**asdict(option), "choices": list(option.choices), "kind": option.kind} for option in self.options
            ],
        }


_RECIPES: dict[str, Recipe] = {}


def register(recipe: Recipe) -> Recipe:
    """Add a recipe to the list; registering the same one again changes nothing.

    Raises
    ------
    DatasetError
        If another recipe has that name.
    """
    if _RECIPES.setdefault(recipe.name, recipe) != recipe:
        raise DatasetError(f"There is a recipe {recipe.name!r} already", expected="a name of its own")
    return recipe


def recipes() -> tuple[Recipe, ...]:
    """Return all recipes in the order in which they were registered."""
    return tuple(_RECIPES.values())


def find_recipe(name: str) -> Recipe:
    """Return a recipe by name.

    Raises
    ------
    DatasetError
        If there is none.
    """
    if name not in _RECIPES:
        raise DatasetError(f"There is no recipe {name!r}", expected=f"one of {sorted(_RECIPES)}")
    return _RECIPES[name]


def common_options(epochs: int, learning_rate: float, steps: int = 100) -> tuple[RecipeOption, ...]:
    """Return the options that every recipe has, with its own numbers of epochs and steps, and learning rate."""
    return (
        RecipeOption("epochs", epochs, "Epochs", "Rounds of training; time grows with them.", least=1),
        RecipeOption("steps_per_epoch", steps, "Steps", "Batches in an epoch; time grows with them.", least=1),
        RecipeOption("batch_size", 8, "Batch", "Patches in a batch; memory and time grow with it.", least=1),
        RecipeOption(
            "learning_rate", learning_rate, "Learning rate", "First step size; lower it if the loss jumps.", least=1e-8
        ),
        RecipeOption("seed", 1, "Seed", "The same seed and cases give the same training.", least=0),
    )


NETWORKS = ("small_2d", "small_3d", "nnunet_2d", "nnunet_3d")
NETWORK_OPTION = RecipeOption(
    "network",
    "small_2d",
    "Network",
    "small_2d and small_3d suit a computer without a GPU; nnunet_ needs one.",
    NETWORKS,
)


def _from_scratch(context: RunContext, progress: ProgressCallback) -> TrainedRun | None:
    from ssaglioma.training.recipe_training import from_scratch

    return from_scratch(context, progress)


def _fine_tune(context: RunContext, progress: ProgressCallback) -> TrainedRun | None:
    from ssaglioma.training.recipe_training import fine_tune

    return fine_tune(context, progress)


def _style_augmentation(context: RunContext, progress: ProgressCallback) -> TrainedRun | None:
    from ssaglioma.training.recipe_training import style_augmentation

    return style_augmentation(context, progress)


register(
    Recipe(
        name="from_scratch",
        title="From scratch",
        sentence="Train a new network on labelled cases; it needs many cases and the most time.",
        needed=("source",),
        optional=("model",),
        held_out_from="source",
        options=(NETWORK_OPTION, *common_options(60, 1.5e-3)),
        train=_from_scratch,
    )
)
register(
    Recipe(
        name="fine_tune",
        title="Fine-tune",
        sentence="Let a trained model go on with a few labelled cases of this hospital, at a lower learning rate.",
        needed=("target", "model"),
        optional=("source",),
        held_out_from="target",
        options=common_options(20, 3e-4),
        train=_fine_tune,
    )
)
register(
    Recipe(
        name="style_augmentation",
        title="Style augmentation",
        sentence="Train on labelled cases that take on the look of scans of this hospital, which need no labels.",
        needed=("source", "style"),
        optional=("model",),
        held_out_from="source",
        options=(
            NETWORK_OPTION,
            *common_options(60, 1.5e-3),
            RecipeOption(
                "methods",
                "histogram",
                "Style methods",
                "How the look is lent: by its histogram, its coarse Fourier amplitudes, or both in turn.",
                ("histogram", "fourier", "histogram,fourier"),
            ),
            RecipeOption(
                "stylizer",
                "",
                "Stylizer",
                "Name or folder of a trained stylizer (RAIN, AdaConv) that takes the methods' place; may be empty.",
            ),
            RecipeOption("share", 0.5, "Share", "Share of patches that are cut from stylised copies.", least=0.0),
        ),
        train=_style_augmentation,
    )
)
