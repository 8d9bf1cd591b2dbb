"""What every stylisation promises, whatever its method."""

import subprocess
import sys

import numpy as np
import pytest

from ssaglioma.errors import DatasetError, GeometryError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.style import METHODS, create_stylizer
from ssaglioma.style.building import TRAINED_METHODS, build_style_network
from ssaglioma.style.encoders import build_encoder
from ssaglioma.style.gatys import GatysConfig
from ssaglioma.volume import Volume

QUICK = [name for name, method in METHODS.items() if not method.needs_torch]


def stylizer_of(name):
    if name == "gatys":
        layers = ("relu1_1", "relu2_1")
        config = GatysConfig(content_layer="relu2_1", style_layers=layers, steps=3)
        return create_stylizer(name, network=build_encoder("mri_small"), config=config)
    if name in TRAINED_METHODS:
        network = build_style_network(name)
        # Random weights may give pictures below 0 everywhere, which are cut off.
        last = list(getattr(network, "base", network).modules())[-1]
        last.weight.data.mul_(0.01)
        last.bias.data.fill_(0.5)
        return create_stylizer(name, network=network)
    return create_stylizer(name)


@pytest.fixture(params=list(METHODS))
def stylizer(request):
    return stylizer_of(request.param)


@pytest.fixture(params=QUICK)
def quick_stylizer(request):
    return stylizer_of(request.param)


def test_a_slice_keeps_shape_background_and_range(stylizer, content, style):
    result = stylizer.stylize(content, style)
    assert result.shape == content.shape and result.dtype == np.float32
    assert np.isfinite(result).all()
    assert (result[content == 0] == 0).all()
    assert not np.allclose(result, content, rtol=1e-3)
    inside = content > 0
    assert np.percentile(result[inside], 99.9) == pytest.approx(np.percentile(content[inside], 99.9), rel=1e-4)


def test_strength_0_is_the_content_exactly(stylizer, content, style):
    np.testing.assert_array_equal(stylizer.stylize(content, style, 0.0), content)


def test_strength_mixes_content_and_result(quick_stylizer, content, style):
    whole, part = (quick_stylizer.stylize(content, style, strength) for strength in (1.0, 0.25))
    np.testing.assert_allclose(part, content + 0.25 * (whole - content), atol=1e-3)


def test_a_case_keeps_grids_and_background_and_shares_one_rule(stylizer, case_of, slice_of):
    case = case_of()
    before = {key: volume.array.copy() for key, volume in case.items()}
    styles = {key: slice_of(seed=9, scale=30.0, waves=9.0) for key in case}
    result = stylizer.stylize(case, styles)
    mask = np.any([array != 0 for array in before.values()], axis=0)
    assert list(result) == list(case)
    for key, volume in result.items():
        assert volume.same_grid(case[key]) and volume.array.dtype == np.float32
        assert (volume.array[~mask] == 0).all() and volume.array[mask].any()
        np.testing.assert_array_equal(case[key].array, before[key])


def test_equal_slices_of_a_case_come_out_equal_whatever_lies_between(stylizer, slice_of):
    """One rule for a case: a slice's result depends on the slice and the case, not on its place."""
    large, small = slice_of(), slice_of(seed=4)
    small[:, :20] = 0
    volume = Volume(np.stack([large, small, large]), (2.0, 1.0, 1.0))
    result = stylizer.stylize({Sequence.T1C: volume}, {Sequence.T1C: slice_of(seed=9, waves=9.0)})[Sequence.T1C].array
    np.testing.assert_allclose(result[0], result[2], atol=2e-3 * result.max())


def test_equal_channels_come_out_equal(stylizer, case_of, slice_of):
    volume = case_of((Sequence.T1N,))[Sequence.T1N]
    case = {Sequence.T1N: volume, Sequence.T2W: volume}
    styles = dict.fromkeys(case, slice_of(seed=9, waves=9.0))
    result = stylizer.stylize(case, styles)
    np.testing.assert_array_equal(result[Sequence.T1N].array, result[Sequence.T2W].array)


def test_a_fitted_style_of_one_image_is_that_image(quick_stylizer, content, style):
    given = quick_stylizer.stylize(content, style)
    np.testing.assert_allclose(quick_stylizer.fit([content], [style]).stylize(content), given, rtol=1e-5)


def test_fitted_learned_style_is_the_mean_code(content, style, slice_of):
    other = slice_of(seed=5)
    stylizer = stylizer_of("adain").fit([], [style, other])
    parts = [stylizer_of("adain").fit([], [one]) for one in (style, other)]
    for part in parts:
        part.network.load_state_dict(stylizer.network.state_dict())
    codes = [part.fit([], [one])._fitted[None] for part, one in zip(parts, (style, other))]
    np.testing.assert_allclose(stylizer._fitted[None], (codes[0] + codes[1]) / 2, rtol=1e-5, atol=1e-6)


def test_the_intensity_scales_of_content_and_style_do_not_matter(quick_stylizer, content, style):
    once = quick_stylizer.stylize(content, style)
    np.testing.assert_allclose(quick_stylizer.stylize(content * 7, style / 3), once * 7, rtol=1e-3, atol=0.5)


def test_z_scores_keep_their_background(quick_stylizer, content, style):
    inside = content > 0
    scores = np.where(inside, (content - content[inside].mean()) / content[inside].std(), 0).astype(np.float32)
    result = quick_stylizer.stylize(scores, style)
    assert (result[~inside] == 0).all() and result[inside].min() < -0.5


def test_slices_can_be_cut_along_the_thick_axis(case_of, slice_of):
    volume = case_of((Sequence.T2F,))[Sequence.T2F]
    turned = Volume(np.moveaxis(volume.array, 0, 2).copy(), (1.0, 1.5, 4.0))
    style = {Sequence.T2F: slice_of(seed=9)}
    straight = create_stylizer("fourier").stylize({Sequence.T2F: volume}, style)[Sequence.T2F].array
    through = create_stylizer("fourier", slice_axis="through_plane").stylize({Sequence.T2F: turned}, style)
    np.testing.assert_allclose(np.moveaxis(through[Sequence.T2F].array, 2, 0), straight, rtol=1e-5, atol=1e-3)


def test_a_missing_channel_stays_empty(quick_stylizer, case_of, slice_of):
    case = case_of()
    case[Sequence.T2W] = case[Sequence.T1N].with_array(np.zeros(case[Sequence.T1N].shape, np.float32))
    result = quick_stylizer.stylize(case, dict.fromkeys(case, slice_of(seed=9)))
    assert not result[Sequence.T2W].array.any()


def test_progress_rises_to_1(stylizer, case_of, slice_of):
    seen = []
    case = case_of()
    stylizer.stylize(case, dict.fromkeys(case, slice_of(seed=9)), progress=lambda fraction, text: seen.append(fraction))
    assert seen == sorted(seen) and seen[-1] == 1.0


def test_wrong_shapes_are_refused(quick_stylizer, content, style):
    with pytest.raises(GeometryError, match=r"content has shape \(3, 4, 5\)"):
        quick_stylizer.stylize(np.ones((3, 4, 5)), style)
    with pytest.raises(GeometryError, match=r"style has shape \(7,\)"):
        quick_stylizer.stylize(content, np.ones(7))


def test_values_that_are_no_numbers_are_refused(quick_stylizer, content, style):
    content[20, 20] = np.nan
    with pytest.raises(DatasetError, match="content holds 1 values that are not finite"):
        quick_stylizer.stylize(content, style)
    with pytest.raises(DatasetError, match="style holds 1 values"):
        quick_stylizer.fit([], [content])


def test_an_infinite_voxel_of_a_case_is_refused(quick_stylizer, case_of, slice_of):
    case = case_of()
    case[Sequence.T2F].array[2, 20, 20] = np.inf
    with pytest.raises(DatasetError, match=r"content \(FLAIR\) holds 1 values"):
        quick_stylizer.stylize(case, dict.fromkeys(case, slice_of()))


def test_an_empty_style_set_is_refused(quick_stylizer, content):
    with pytest.raises(DatasetError, match="style set is empty"):
        quick_stylizer.fit([content], [])


def test_an_empty_style_image_is_refused(quick_stylizer, content):
    with pytest.raises(DatasetError, match="every pixel is 0"):
        quick_stylizer.stylize(content, np.zeros((20, 20)))


def test_no_style_at_all_is_refused(quick_stylizer, content):
    with pytest.raises(DatasetError, match="has no style"):
        quick_stylizer.stylize(content)


def test_a_style_of_other_contrasts_is_refused(quick_stylizer, case_of, slice_of):
    with pytest.raises(SequenceError, match="nothing for T1; it has FLAIR"):
        quick_stylizer.stylize(case_of(), {Sequence.T2F: slice_of()})


def test_volumes_on_other_grids_are_refused(quick_stylizer, case_of, slice_of):
    case = case_of()
    case[Sequence.T2F] = Volume(case[Sequence.T2F].array, (4.0, 1.0, 1.0))
    with pytest.raises(GeometryError, match="different grids"):
        quick_stylizer.stylize(case, dict.fromkeys(case, slice_of()))


@pytest.mark.parametrize("strength", [-0.1, 1.5, float("nan")])
def test_a_strength_beyond_0_to_1_is_refused(quick_stylizer, content, style, strength):
    with pytest.raises(DatasetError, match="strength is"):
        quick_stylizer.stylize(content, style, strength)


def test_content_of_no_known_kind_is_refused(quick_stylizer, style):
    with pytest.raises(DatasetError, match="list and cannot be stylised"):
        quick_stylizer.stylize([1, 2], style)


def test_unknown_methods_options_and_axes_are_refused():
    with pytest.raises(DatasetError, match="'watercolour' is not known"):
        create_stylizer("watercolour")
    with pytest.raises(DatasetError, match=r"options \['sharpness'\]"):
        create_stylizer("nyul", sharpness=3)
    with pytest.raises(DatasetError, match="slice axis is 'sagittal'"):
        create_stylizer("nyul", slice_axis="sagittal")


@pytest.mark.parametrize("name", QUICK)
def test_quick_methods_load_no_torch(name):
    script = f"""
import sys
sys.modules["torch"] = None
from ssaglioma.style import create_stylizer
import numpy as np
print(create_stylizer({name!r}).stylize(np.eye(20) + 1, np.eye(20) + 3).shape)
from ssaglioma.errors import DeviceError
try:
    create_stylizer("adain")
except DeviceError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "(20, 20)" in done.stdout
    assert "needs PyTorch" in done.stdout and "histogram" in done.stdout
