"""nnU-Net's files taken over; what needs the real nnU-Net as judge is in test_nnunet_parity.py."""

import json
import pickle
import shutil

import nnunet_folders as nnunet
import numpy as np
import pytest
import torch

from ssaglioma.cli.main import main
from ssaglioma.errors import DatasetError, ModelPackageError, SequenceError
from ssaglioma.inference.planned import region_probabilities, resampled
from ssaglioma.labels import GLIOMA, GLIOMA_POST, parse_label_name
from ssaglioma.networks import CONFIGURATIONS, PLANNED, configuration_of
from ssaglioma.packages import ResamplingRule, read_package
from ssaglioma.training.nnunet_files import read_trained_nnunet
from ssaglioma.training.starting_point import StartingPoint


class Program:
    """What a hostile checkpoint would hold; unpickling it leaves a file behind."""

    def __init__(self, path):
        self._path = str(path)

    def __reduce__(self):
        return (open, (self._path, "w"))


def test_a_plan_becomes_the_card(tmp_path):
    values = nnunet.configuration(use_mask_for_norm=[True, False, True, True])
    plans = {"transpose_forward": [2, 0, 1], "transpose_backward": [1, 2, 0]}
    card = nnunet.imported(nnunet.write_trained(tmp_path / "trained", values, plans=plans), tmp_path / "package").card
    assert card.network == PLANNED
    assert card.channels == ("t1n", "t1c", "t2w", "t2f")
    assert card.regions == ("WT", "TC", "ET")
    assert card.spacing_zyx_mm == (1.0, 1.0, 1.5)  # the plan's 1.5 mm belong to its first axis, which is our X
    assert card.plan.transpose == (2, 0, 1)
    assert card.plan.whole_box_channels == (1,)
    assert (card.plan.image.order, card.plan.logits.order) == (3, 1)
    assert card.plan.mirror_axes == (0, 1, 2)
    assert card.missing_channels == "refuse"


def test_an_imported_package_is_read_back_as_it_was_written(tmp_path):
    package = nnunet.imported(nnunet.write_trained(tmp_path / "trained"), tmp_path / "package")
    again = read_package(tmp_path / "package")
    assert again.card == package.card
    theirs = torch.load(tmp_path / "trained/fold_0/checkpoint_final.pth", weights_only=False)["network_weights"]
    assert all(np.array_equal(value, theirs[name].numpy()) for name, value in again.weights().items())


def test_a_2d_model_keeps_the_spacing_between_slices(tmp_path):
    folder = nnunet.write_trained(tmp_path / "trained", nnunet.configuration(2))
    assert nnunet.imported(folder, tmp_path / "package").card.spacing_zyx_mm == (None, 1.0, 1.0)


def test_a_network_like_a_named_one_gets_that_name(tmp_path):
    ours = CONFIGURATIONS["small_2d"]
    numbers = nnunet.arch_kwargs(
        2,
        strides=[[1, 1]] + [[2, 2]] * 5,
        features_per_stage=list(ours.features),
        kernel_sizes=[[3, 3]] * 6,
        n_conv_per_stage=list(ours.encoder_convs),
        n_conv_per_stage_decoder=list(ours.decoder_convs),
    )
    folder = nnunet.write_trained(tmp_path / "trained", nnunet.configuration(2, arch=numbers, patch_size=[192, 160]))
    card = nnunet.imported(folder, tmp_path / "package").card
    assert (card.network, card.architecture) == ("small_2d", None)


def test_plans_up_to_nnunet_2_3_give_the_same_network():
    values = nnunet.configuration(2, arch=nnunet.arch_kwargs(2, features_per_stage=[4, 8, 8]))
    from ssaglioma.training.nnunet_plans import architecture_in

    assert architecture_in(nnunet.old_form(values)) == architecture_in(values)


def test_softmax_classes_add_up_to_regions(tmp_path):
    card = nnunet.imported(nnunet.write_trained(tmp_path / "trained", softmax=True), tmp_path / "package").card
    assert card.plan.classes == ("ED", "NCR", "ET")
    logits = np.log(np.array([0.1, 0.4, 0.2, 0.3], np.float32)).reshape(4, 1, 1, 1)
    assert region_probabilities(logits, card).ravel() == pytest.approx([0.9, 0.5, 0.3], abs=1e-6)


def test_numpy_scalars_of_the_log_are_read_safely(tmp_path):
    read = read_trained_nnunet(nnunet.write_trained(tmp_path / "trained"))
    assert read.checkpoint["logging"]["ema_fg_dice"] == [0.5, 0.25]
    assert (read.fold, read.configuration) == ("0", "3d_test")


def test_a_program_in_a_checkpoint_is_refused_and_never_run(tmp_path):
    trap = tmp_path / "trap"
    folder = nnunet.write_trained(tmp_path / "trained", checkpoint={"logging": Program(trap)})
    with pytest.raises(ModelPackageError, match=r"more than numbers and texts.*--trust-pickle"):
        read_trained_nnunet(folder)
    assert not trap.exists()


def test_a_trusted_checkpoint_is_read_whole(tmp_path):
    folder = nnunet.write_trained(tmp_path / "trained", checkpoint={"logging": Program(tmp_path / "trap")})
    assert read_trained_nnunet(folder, trust_pickle=True).fold == "0"
    assert (tmp_path / "trap").exists()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", pickle.dumps([1, 2], protocol=2)])
def test_a_damaged_checkpoint_is_named(content, tmp_path):
    folder = nnunet.write_trained(tmp_path / "trained")
    (folder / "fold_0/checkpoint_final.pth").write_bytes(content)
    with pytest.raises(ModelPackageError, match=r"checkpoint_final\.pth"):
        read_trained_nnunet(folder)


def test_of_several_folds_one_must_be_named(tmp_path):
    folder = nnunet.write_trained(tmp_path / "trained")
    shutil.copytree(folder / "fold_0", folder / "fold_all")
    with pytest.raises(ModelPackageError, match=r"folds \['0', 'all'\].*--fold"):
        read_trained_nnunet(folder)
    assert read_trained_nnunet(folder, fold="all").fold == "all"


@pytest.mark.parametrize(
    ("changes", "plans", "found"),
    [
        ({"previous_stage": "3d_lowres"}, {}, "previous stage is '3d_lowres'"),
        ({"normalization_schemes": ["CTNormalization"] * 4}, {}, "normalisation is .'CTNormalization'"),
        ({"resampling_fn_data": "resample_torch_fornnunet"}, {}, "resampling of images is 'resample_torch_fornnunet'"),
        ({"preprocessor_name": "MyPreprocessor"}, {}, "preprocessor is 'MyPreprocessor'"),
        ({}, {"image_reader_writer": "NibabelIOWithReorient"}, "reader of images is 'NibabelIOWithReorient'"),
        ({"arch": nnunet.arch_kwargs(3, nonlin="torch.nn.GELU")}, {}, "non-linearity of this nnU-Net is .'GELU'"),
        ({"arch": nnunet.arch_kwargs(3, nonlin_first=True)}, {}, r"network parameters .* \['nonlin_first'\]"),
        ({"arch": nnunet.arch_kwargs(3, norm_op="torch.nn.BatchNorm3d")}, {}, "normalisation layer .*BatchNorm3d"),
        ({"arch": nnunet.arch_kwargs(3, n_conv_per_stage=[2, 2, 2])}, {}, "weights do not fit the plans"),
    ],
)
def test_what_cannot_be_honoured_is_refused(changes, plans, found, tmp_path):
    folder = nnunet.write_trained(tmp_path / "trained", plans=plans)
    file = folder / "plans.json"
    values = json.loads(file.read_text())
    values["configurations"]["base"] = nnunet.configuration(**changes)
    file.write_text(json.dumps(values))
    with pytest.raises(ModelPackageError, match=found):
        nnunet.imported(folder, tmp_path / "package")
    assert not (tmp_path / "package").exists()


def test_unknown_names_of_channels_and_labels_are_asked_for(tmp_path):
    strange = {
        "channel_names": {str(index): f"c{index}" for index in range(4)},
        "labels": {"background": 0, "a": [1, 2, 3], "b": [2, 3], "c": 3},
    }
    folder = nnunet.write_trained(tmp_path / "trained", dataset=strange)
    with pytest.raises(SequenceError, match="'c0' is not known.*--channels"):
        nnunet.imported(folder, tmp_path / "package")
    channels = ("t2f", "t1n", "t1c", "t2w")
    with pytest.raises(DatasetError, match="'a' is not known.*--outputs"):
        nnunet.imported(folder, tmp_path / "package", channels=channels)
    card = nnunet.imported(folder, tmp_path / "package", channels=channels, outputs=("WT", "TC", "ET")).card
    assert (card.channels, card.regions) == (channels, ("WT", "TC", "ET"))


def test_regions_named_against_their_labels_are_refused(tmp_path):
    folder = nnunet.write_trained(tmp_path / "trained")
    with pytest.raises(DatasetError, match=r"lie otherwise than ours"):
        nnunet.imported(folder, tmp_path / "package", outputs=("TC", "WT", "ET"))


def test_an_existing_folder_is_not_overwritten(tmp_path):
    folder = nnunet.write_trained(tmp_path / "trained")
    nnunet.imported(folder, tmp_path / "package")
    with pytest.raises(ModelPackageError, match="is there already"):
        nnunet.imported(folder, tmp_path / "package")


def test_training_on_from_an_imported_model_is_refused(tmp_path):
    package = nnunet.imported(nnunet.write_trained(tmp_path / "trained"), tmp_path / "package")
    with pytest.raises(ModelPackageError, match="plan of nnU-Net"):
        StartingPoint.from_package(package)


@pytest.mark.parametrize(
    ("text", "scheme", "name"),
    [
        ("Whole Tumor", GLIOMA, "WT"),
        ("enhancing_tumour", GLIOMA, "ET"),
        ("SNFH", GLIOMA, "ED"),
        ("rc", GLIOMA_POST, "RC"),
    ],
)
def test_label_names_of_other_groups_are_understood(text, scheme, name):
    assert parse_label_name(text, scheme) == name


def test_a_label_that_the_scheme_lacks_is_named():
    with pytest.raises(DatasetError, match="'resection cavity' is not known"):
        parse_label_name("resection cavity", GLIOMA)


def test_cubic_resampling_stays_within_the_image():
    image = np.zeros((1, 8, 8, 8), np.float32)
    image[:, 4:] = 1
    found = resampled(image, (13, 8, 8), ((1, 1, 1), (0.62, 1, 1)), ResamplingRule(3))
    assert found.shape == (1, 13, 8, 8)
    assert (found.min(), found.max()) == (0, 1)


def test_the_thick_axis_takes_the_nearest_slice():
    image = np.arange(4, dtype=np.float32).reshape(1, 4, 1, 1) * np.ones((1, 4, 6, 6), np.float32)
    found = resampled(image, (8, 6, 6), ((5, 1, 1), (2.5, 1, 1)), ResamplingRule(3))
    assert found[0, :, 0, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_the_command_plans(cases_folder, capsys):
    """Cropped to 6 x 36 x 32 voxels: 36 is halved to 18, 9 and 5 and so enlarged to 40, 6 is too few; least batch."""
    assert main(["nnunet", "plan", str(cases_folder)]) == 0
    told = capsys.readouterr().out
    assert "2D: patch (40, 32), batch 2, 4 stages, 1 x 1 mm" in told
    assert "3D: patch (6, 40, 32), batch 2, 4 stages, 3 x 1 x 1 mm" in told


def test_an_unknown_architecture_is_refused():
    with pytest.raises(ModelPackageError, match="holds .'attention'"):
        configuration_of(PLANNED, {"attention": True})


def test_the_command_imports_segments_and_exports(case_folder, tmp_path, capsys):
    folder = nnunet.write_trained(tmp_path / "trained", nnunet.configuration(2))
    package = tmp_path / "hospital"
    assert main(["nnunet", "import", str(folder), "--output", str(package)]) == 0
    assert read_package(package).card.name == "hospital"
    done = main(
        ["segment", str(case_folder), "--model", str(package), "--output", str(tmp_path / "found"), "--device", "cpu"]
    )
    assert done == 0, capsys.readouterr().err
    assert main(["nnunet", "export", str(package), "--output", str(tmp_path / "results")]) == 0
    assert (tmp_path / "results/Dataset501_Glioma/nnUNetTrainer__nnUNetPlans__2d/plans.json").is_file()
    assert main(["nnunet", "dataset", str(case_folder.parent), "--output", str(tmp_path / "raw")]) == 0
    assert "nnUNetv2_plan_and_preprocess -d 501" in capsys.readouterr().out
