from pathlib import Path

import numpy as np
import pytest
from lib_scene import OBLIQUE, a_labelmap, a_transform, an_image, axis_codes

from ssaglioma.cli.main import build_parser
from ssaglioma.errors import DatasetError, GeometryError, SequenceError, SSAGliomaError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.volume import Volume, find_case, read_volume, write_volume
from SSASlicerLib import processes
from SSASlicerLib.child_events import Failure, Result
from SSASlicerLib.jobs import anchor_sequence, export_case, read_probabilities, read_result
from SSASlicerLib.processes import BackgroundRun, command_line
from SSASlicerLib.segmentations import labelmap_from_segmentation, segmentation_from_labelmap
from SSASlicerLib.volumes import node_from_volume, volume_from_node


def four_nodes(direction=None):
    return {
        sequence: node_from_volume(an_image(direction).with_array(an_image().array + number), sequence.display_name)
        for number, sequence in enumerate(SEQUENCE_ORDER)
    }


@pytest.fixture
def a_job(bare_scene, tmp_path):
    job = export_case(four_nodes(), parent_folder=tmp_path)
    yield job
    job.remove()


@pytest.mark.parametrize("direction", [*axis_codes().values(), OBLIQUE], ids=[*axis_codes(), "oblique"])
def test_exported_files_hold_the_nodes_voxels_and_geometry(bare_scene, tmp_path, direction):
    nodes = four_nodes(direction)
    job = export_case(nodes, parent_folder=tmp_path)
    for sequence, file in job.files.items():
        volume = read_volume(file)
        assert volume.same_grid(volume_from_node(nodes[sequence]), 1e-4)
        np.testing.assert_array_equal(volume.array, volume_from_node(nodes[sequence]).array)


def test_the_core_finds_the_exported_case_by_its_names(a_job):
    case = find_case(a_job.folder / a_job.case_name)
    assert case.name == "case" and dict(case.sequences) == dict(a_job.files) and case.reference is None


def test_patient_names_do_not_reach_the_files(bare_scene, tmp_path):
    nodes = {Sequence.T1C: node_from_volume(an_image(), "DOE^JANE 1970")}
    job = export_case(nodes, parent_folder=tmp_path)
    assert "DOE" not in " ".join(map(str, [job.folder.name, *job.files.values(), job.output]))


def test_two_jobs_have_folders_of_their_own_and_removing_one_leaves_the_other(bare_scene, tmp_path):
    nodes = four_nodes()
    first, second = (export_case(nodes, parent_folder=tmp_path) for _ in range(2))
    first.remove()
    assert not first.folder.exists() and all(file.is_file() for file in second.files.values())


def test_the_command_line_takes_the_arguments(a_job):
    words = a_job.arguments(model="glioma-2d-small", device="cpu", mirror=True, resample=True, probabilities=True)
    found = build_parser().parse_args(words)
    assert (found.t1n, found.t1c, found.t2w, found.t2f) == tuple(a_job.files[key] for key in SEQUENCE_ORDER)
    assert (found.output, found.grid, found.device) == (a_job.output, "t1c", "cpu")
    assert found.mirror and found.resample and found.probabilities and found.model == "glioma-2d-small"


@pytest.mark.parametrize(("given", "anchor"), [("t1n t1c t2f", "t1c"), ("t1n t2w t2f", "t2f"), ("t2w t1n", "t1n")])
def test_the_result_lies_on_t1gd_else_flair_else_the_first(given, anchor):
    assert anchor_sequence({Sequence(word): object() for word in given.split()}) is Sequence(anchor)


def test_nothing_chosen_is_refused(bare_scene, tmp_path):
    with pytest.raises(SequenceError, match="No images were chosen"):
        export_case({Sequence.T1C: None}, parent_folder=tmp_path)


def test_one_volume_in_two_slots_is_refused_by_name(bare_scene, tmp_path):
    node = node_from_volume(an_image(), "Ax T2")
    with pytest.raises(SequenceError, match="'Ax T2' was chosen as T1 and as FLAIR"):
        export_case({Sequence.T1N: node, Sequence.T2F: node}, parent_folder=tmp_path)


def test_voxels_that_are_no_numbers_are_refused_by_name_and_leave_nothing_behind(bare_scene, tmp_path):
    image = an_image(dtype=np.float32)
    image.array[1, 1, 1] = np.nan
    nodes = {**four_nodes(), Sequence.T2W: node_from_volume(image, "Ax T2")}
    with pytest.raises(DatasetError, match="T2 volume 'Ax T2' holds NaN"):
        export_case(nodes, parent_folder=tmp_path / "")
    assert not list(tmp_path.glob("ssaglioma-*"))


def test_a_failed_export_leaves_nothing_behind(bare_scene, tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise SSAGliomaError("The disk is full")

    monkeypatch.setattr("SSASlicerLib.jobs.write_volume", full)
    with pytest.raises(SSAGliomaError, match="disk is full"):
        export_case(four_nodes(), parent_folder=tmp_path)
    assert not list(tmp_path.glob("ssaglioma-*"))


def test_a_temporary_place_that_does_not_exist_is_named(bare_scene, tmp_path):
    with pytest.raises(SSAGliomaError, match="No temporary folder can be made in .*nowhere"):
        export_case(four_nodes(), parent_folder=tmp_path / "nowhere")


def test_the_result_takes_the_exact_geometry_of_its_node(bare_scene, tmp_path):
    tilt = np.eye(4)
    tilt[:3, :3], tilt[:3, 3] = OBLIQUE, (1 / 3, 1 / 7, -1 / 9)
    node = node_from_volume(a_labelmap(axis_codes()["PSR"]), "T1Gd")
    node.SetAndObserveTransformNodeID(a_transform(bare_scene, tilt).GetID())
    job = export_case({Sequence.T1C: node}, parent_folder=tmp_path)
    write_volume(read_volume(job.files[Sequence.T1C]), job.output)
    result, exact = read_result(job, node), volume_from_node(node)
    assert result.origin_lps_mm == exact.origin_lps_mm and result.spacing_zyx_mm == exact.spacing_zyx_mm
    np.testing.assert_array_equal(result.direction_lps, exact.direction_lps)
    np.testing.assert_array_equal(result.array, exact.array)


def test_a_volume_that_moved_during_the_run_is_told(bare_scene, a_job):
    node = four_nodes()[Sequence.T1C]
    write_volume(an_image().with_array(np.zeros(an_image().shape, np.uint8)), a_job.output)
    node.SetOrigin(0, 0, 0)
    with pytest.raises(GeometryError, match="does not lie on the grid of 'T1Gd'.*Do not change or move"):
        read_result(a_job, node)


def test_a_missing_result_is_told(a_job, bare_scene):
    with pytest.raises(DatasetError, match="does not exist"):
        read_result(a_job, four_nodes()[Sequence.T1C])


def test_probabilities_come_back_by_region_and_may_be_missing(bare_scene, a_job):
    node = four_nodes()[Sequence.T1C]
    assert read_probabilities(a_job, node) == {}
    half = an_image().with_array(np.full(an_image().shape, 0.5, np.float32))
    write_volume(half, a_job.folder / "case-probability-et.nii.gz", dtype=np.float32)
    found = read_probabilities(a_job, node)
    assert list(found) == ["ET"] and (found["ET"].array == 0.5).all()


def write_tiny_package(folder: Path):
    torch = pytest.importorskip("torch")
    from ssaglioma.networks import CONFIGURATIONS, build_network
    from ssaglioma.packages import ModelCard, write_package

    torch.manual_seed(3)
    network = build_network("small_2d", in_channels=4, out_channels=3)
    card = ModelCard(
        name="tiny-test",
        version="0.0.1",
        title="random weights",
        network="small_2d",
        channels=tuple(sequence.value for sequence in SEQUENCE_ORDER),
        labels="glioma",
        regions=("WT", "TC", "ET"),
        spacing_zyx_mm=(None, 1.0, 1.0),
        slice_axis="axial",
        patch=CONFIGURATIONS["small_2d"].patch,
        missing_channels="zero",
        training_data="none",
        licence="none",
        intended_use="tests",
    )
    write_package(folder, card, {name: tensor.numpy() for name, tensor in network.state_dict().items()}, half=False)


def test_a_real_run_goes_from_nodes_to_a_segmentation_and_back(bare_scene, tmp_path):
    write_tiny_package(tmp_path / "model é")
    generator = np.random.default_rng(5)
    shape = (36, 8, 40)
    radius = np.sqrt(sum(axis**2 for axis in np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")))
    direction = axis_codes()["RSP"] @ OBLIQUE
    nodes = {
        sequence: node_from_volume(
            Volume(
                (generator.integers(100, 900, shape) * (radius < 0.9)).astype(np.int16),
                (1.0, 3.0, 1.1),
                (9, 8, 7),
                direction,
            ),
            sequence.display_name,
        )
        for sequence in SEQUENCE_ORDER
    }
    job = export_case(nodes, parent_folder=tmp_path)
    run = BackgroundRun(command_line(job.arguments(model=str(tmp_path / "model é"), device="cpu", probabilities=True)))
    events = run.wait(120)
    assert isinstance(events[-1], Result), run.log.text()
    assert events[-1].values["case"] == "case"
    labelmap = read_result(job, nodes[Sequence.T1C])
    assert labelmap.same_grid(volume_from_node(nodes[Sequence.T1C]), 0.0)
    node = segmentation_from_labelmap(labelmap, "Result", reference_node=nodes[Sequence.T1C])
    np.testing.assert_array_equal(labelmap_from_segmentation(node, labelmap).array, labelmap.array)
    assert set(read_probabilities(job, nodes[Sequence.T1C])) == {"WT", "TC", "ET"}


def test_grids_that_differ_are_told_by_the_child_with_the_remedy(bare_scene, tmp_path):
    write_tiny_package(tmp_path / "model")
    nodes = four_nodes()
    nodes[Sequence.T2F] = node_from_volume(Volume(an_image().array + 9, (9.0, 9.0, 9.0)), "FLAIR")
    job = export_case(nodes, parent_folder=tmp_path)
    run = BackgroundRun(command_line(job.arguments(model=str(tmp_path / "model"), device="cpu")))
    failure = run.wait(120)[-1]
    assert isinstance(failure, Failure) and failure.code == 2
    assert "different grids" in failure.message and run.state is processes.State.FAILED
