import pytest

from ssaglioma.errors import DatasetError, DeviceError, GeometryError, ModelPackageError, SequenceError, SSAGliomaError


@pytest.mark.parametrize("kind", [GeometryError, SequenceError, DatasetError, ModelPackageError])
def test_bad_input_ends_with_2(kind):
    assert issubclass(kind, SSAGliomaError) and kind("x").exit_code == 2


def test_a_device_that_does_not_work_ends_with_3():
    assert DeviceError("x").exit_code == 3


@pytest.mark.parametrize(
    ("problem", "expected", "remedy", "text"),
    [
        ("Found 3", "", "", "Found 3."),
        ("Found 3!", "4", "", "Found 3! Expected 4."),
        (" Found 3 ", "", "Add one.", "Found 3. Add one."),
    ],
)
def test_parts_that_are_empty_leave_no_trace(problem, expected, remedy, text):
    assert str(SSAGliomaError(problem, expected=expected, remedy=remedy)) == text
