"""Ready-made copies: taken as they are, with provenance alone, and only where they fit the content that they name."""

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.preprocessing import prepare_case
from ssaglioma.style import create_stylizer
from ssaglioma.training.style_augmentation import StylisedSet
from ssaglioma.training.style_copies import ready_copies
from ssaglioma.training.style_provenance import Provenance, write_provenance
from ssaglioma.volume import find_case, read_volume, write_volume


@pytest.fixture
def ready_folder(source_files, target_files, write_labelled_case, tmp_path):
    """A folder as `ssaglioma stylize` leaves it: one case, images in another look, labels of adult-0."""
    folder = tmp_path / "ready" / "adult-0_made"
    folder.mkdir(parents=True)
    content, style = (
        {k: read_volume(p) for k, p in case.sequences.items()} for case in (source_files[0], target_files[0])
    )
    for name, volume in create_stylizer("histogram").stylize(content, style).items():
        write_volume(volume, folder / f"adult-0_made-{name.value}.nii.gz")
    write_volume(read_volume(source_files[0].reference), folder / "adult-0_made-seg.nii.gz")
    write_provenance(folder, Provenance("adult-0", "adult-0", ("ssa-0",), ("ssa-0",), "histogram"))
    return folder


@pytest.fixture
def read_ready(ready_folder, source_files, source_cases, cache):
    def read(chosen=slice(None)):
        return ready_copies(
            ready_folder.parent, source_files[chosen], source_cases[chosen], cache, SEQUENCE_ORDER, GLIOMA
        )

    return read


def test_a_ready_made_copy_is_taken_as_it_is(read_ready, ready_folder, source_cases):
    ((copy,), left) = read_ready()
    assert left == [] and copy.name == "adult-0_made" and copy.provenance.style_cases == ("ssa-0",)
    assert copy.case.labels is source_cases[0].labels
    images = {k: read_volume(p).array for k, p in find_case(ready_folder).sequences.items()}
    expected = prepare_case(images, SEQUENCE_ORDER).image.astype(np.float16)
    np.testing.assert_array_equal(copy.case.image, expected)
    assert StylisedSet([copy], 0.5, folds=None, fold=None).words().startswith("1 stylised copies (histogram) in 50%")


def test_a_ready_made_copy_of_a_case_that_is_not_trained_on_is_left_out(read_ready):
    assert read_ready(slice(1, None)) == ([], ["adult-0_made"])


def test_a_ready_made_copy_without_provenance_is_refused(read_ready, ready_folder):
    (ready_folder / "stylised.json").unlink()
    with pytest.raises(DatasetError, match=r"stylised\.json' does not exist.*write this file by hand"):
        read_ready()


def test_a_ready_made_copy_that_names_the_wrong_content_is_found_out(read_ready, ready_folder):
    """Its labels are not those of the content that it names, so a leak cannot hide behind a wrong name."""
    labels = read_volume(ready_folder / "adult-0_made-seg.nii.gz")
    moved = labels.array.copy()
    moved[3, 18, 16] = (moved[3, 18, 16] + 1) % 4
    write_volume(labels.with_array(moved), ready_folder / "adult-0_made-seg.nii.gz")
    with pytest.raises(DatasetError, match="'adult-0_made'.*labels differ from those of 'adult-0'"):
        read_ready()


def test_a_ready_made_copy_with_something_in_the_background_is_refused(read_ready, ready_folder):
    file = ready_folder / "adult-0_made-t1n.nii.gz"
    volume = read_volume(file)
    spilled = volume.array.copy()
    spilled[0, 0, :2] = 5
    write_volume(volume.with_array(spilled), file)
    with pytest.raises(DatasetError, match="'adult-0_made'.*2 voxels that are not 0"):
        read_ready()


def test_a_ready_made_copy_takes_the_sequences_that_it_lacks_from_its_content(read_ready, ready_folder, source_cases):
    (ready_folder / "adult-0_made-t2w.nii.gz").unlink()
    image = read_ready()[0][0].case.image
    same = [np.array_equal(image[channel], source_cases[0].image[channel]) for channel in range(4)]
    assert same == [name.value == "t2w" for name in SEQUENCE_ORDER]


def test_a_ready_made_copy_with_a_sequence_that_its_content_lacks_is_refused(read_ready, source_files):
    del source_files[0].sequences[SEQUENCE_ORDER[1]]
    with pytest.raises(DatasetError, match=r"'adult-0_made': It has \['t1c'\], its content has not"):
        read_ready()
