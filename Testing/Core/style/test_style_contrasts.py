"""Styles of other contrasts are refused, or forced with a warning; slices of one place are a case too."""

import numpy as np
import pytest

from ssaglioma.errors import GeometryError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.style import create_stylizer
from ssaglioma.style.contrasts import check_trained, matched_styles

T1N, T1C, T2F = Sequence.T1N, Sequence.T1C, Sequence.T2F


def test_each_contrast_gets_its_own_style():
    assert matched_styles([T2F, T1N], {T1N: 1, T2F: 2, T1C: 3}, force=True) == ({T2F: 2, T1N: 1}, ())


def test_a_missing_style_is_lent_by_the_first_one_only_if_forced():
    with pytest.raises(SequenceError, match="nothing for T1; it has FLAIR"):
        matched_styles([T1N, T2F], {T2F: 2}, force=False)
    chosen, warnings = matched_styles([T1N, T2F], {T2F: 2}, force=True)
    assert chosen == {T1N: 2, T2F: 2} and "style of FLAIR was used for T1" in warnings[0]


def test_nothing_can_be_lent_by_no_style():
    with pytest.raises(SequenceError, match="nothing for no named contrast"):
        matched_styles([None], {}, force=True)


def test_contrasts_beyond_the_training_are_refused_or_told():
    assert check_trained([None, T2F], frozenset({T2F}), force=False) == ()
    assert check_trained([T1N], None, force=False) == ()
    with pytest.raises(SequenceError, match="not trained on T1Gd"):
        check_trained([T1C, T2F], frozenset({T2F}), force=False)
    assert check_trained([T1C], frozenset(), force=True)[0].startswith(
        "The stylizer was not trained on T1Gd but on none"
    )


def test_a_forced_style_equals_the_same_image_given_for_that_contrast(content, style):
    stylizer = create_stylizer("nyul")
    forced = stylizer.stylize({T1N: content}, {T2F: style}, force=True)[T1N]
    assert len(stylizer.warnings) == 1
    np.testing.assert_array_equal(forced, stylizer.stylize({T1N: content}, {T1N: style})[T1N])
    assert stylizer.warnings == ()


def test_one_named_slice_is_stylised_as_an_unnamed_one(content, style):
    stylizer = create_stylizer("histogram")
    named = stylizer.stylize({T2F: content}, {T2F: style})
    assert isinstance(named[T2F], np.ndarray) and named[T2F].shape == content.shape
    np.testing.assert_array_equal(named[T2F], stylizer.stylize(content, style))


def test_slices_of_one_place_share_their_foreground(content, style):
    """Where one contrast is 0 and another is not, the place is foreground: nothing there is lost."""
    hole = content.copy()
    hole[20:25, 15:20] = 0
    result = create_stylizer("nyul").stylize({T1N: content, T2F: hole}, {T1N: style, T2F: style})
    assert ((result[T1N] == 0) == (content == 0)).all()


def test_slices_of_other_shapes_are_no_case(content, style):
    with pytest.raises(GeometryError, match="different shapes"):
        create_stylizer("nyul").stylize({T1N: content, T2F: content[:-1]}, {T1N: style, T2F: style})


def test_learned_styles_can_be_taken_over(content, style):
    first = create_stylizer("histogram").fit([], [style])
    second = create_stylizer("histogram").take_styles(first.fitted_styles)
    np.testing.assert_array_equal(first.stylize(content), second.stylize(content))
