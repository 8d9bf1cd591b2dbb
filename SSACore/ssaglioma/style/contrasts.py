"""Which style is for which contrast: the same one, or, where the user forces it, another one with a warning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ssaglioma.errors import SequenceError
from ssaglioma.labels import Sequence

Key = Sequence | None
"""A contrast; None stands for an image of no named contrast."""


def contrast_words(key: Key) -> str:
    """Return the name of a contrast for people."""
    return key.display_name if key else "no named contrast"


def matched_styles(
    keys: Iterable[Key], styles: Mapping[Key, Any], *, force: bool
) -> tuple[dict[Key, Any], tuple[str, ...]]:
    """Return the style of each contrast of the content, and what the user should know about the choice.

    Parameters
    ----------
    force : bool
        Give contrasts without a style of their own the first style there is.

    Raises
    ------
    SequenceError
        If a contrast has no style and `force` is false.
    """
    wanted = list(keys)
    missing = [key for key in wanted if key not in styles]
    if not missing:
        return {key: styles[key] for key in wanted}, ()
    names = ", ".join(contrast_words(key) for key in missing)
    if not force or not styles:
        known = ", ".join(sorted(contrast_words(key) for key in styles))
        raise SequenceError(
            f"The style has nothing for {names}; it has {known}",
            expected="a style of the same contrast",
            remedy="Give a style image for each contrast of the content, stylise only the contrasts it has, name the "
            "contrast of an image that does not tell it, or force it",
        )
    first = next(iter(styles))
    chosen = {key: styles.get(key, styles[first]) for key in wanted}
    return chosen, (f"The style of {contrast_words(first)} was used for {names}, as forced: contrasts may look wrong.",)


def check_trained(keys: Iterable[Key], trained: frozenset[Sequence] | None, *, force: bool) -> tuple[str, ...]:
    """Return warnings about contrasts that the stylizer was not trained on.

    Parameters
    ----------
    trained : frozenset of Sequence or None
        None if the method needs no training, or nobody knows. Images of no named contrast always pass.

    Raises
    ------
    SequenceError
        If there is such a contrast and `force` is false.
    """
    strange = [key for key in keys if key is not None and trained is not None and key not in trained]
    if not strange:
        return ()
    names = ", ".join(key.display_name for key in strange)
    known = ", ".join(sorted(key.display_name for key in trained or ())) or "none of T1, T1Gd, T2, FLAIR"
    if not force:
        raise SequenceError(
            f"The stylizer was not trained on {names}",
            expected=f"its own contrasts ({known})",
            remedy="Choose a model package for this contrast, stylise other contrasts, or force it",
        )
    return (f"The stylizer was not trained on {names} but on {known}; it was forced.",)
