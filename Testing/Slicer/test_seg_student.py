"""Student mode of SSAGliomaSeg: the answer is hidden, a drawing is scored and never saved as a correction."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from correct_scene import labels_of, paint, visible
from seg_scene import SHAPE, status

from ssaglioma.labels import GLIOMA


def test_student_mode_hides_all_that_shows_the_model_s_answer(student):
    parameters = student.parameters
    assert visible(parameters.result, parameters.prediction, parameters.correction) == [False, False, True]
    assert not labels_of(student, parameters.correction).any()
    composites = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    assert {composite.GetForegroundVolumeID() for composite in composites} == {None}
    assert visible(*student.logic.diameterLines(parameters)) == [False, False]
    assert len(student.logic.diameterLines(parameters)) == 2


@pytest.mark.parametrize("kind", ["mask", "probability", "doubt", "differences"])
def test_while_the_student_draws_the_answer_cannot_be_called_up(student, kind):
    from ssaglioma.errors import DatasetError

    for name in ("overlaySelector", "worstSliceButton", "diametersButton", "differenceButton"):
        assert not getattr(student.ui, name).enabled, name
    with pytest.raises(DatasetError, match="shows the model's answer.*Finish your drawing"):
        student.logic.showOverlay(student.parameters, kind)
    student.ui.show3DButton.click()
    assert visible(student.parameters.result) == [False]


def test_differences_made_before_do_not_show_through(boxed):
    boxed.parameters.reference = boxed.parameters.prediction
    boxed.ui.differenceButton.click()
    differences = next(
        n for n in slicer.util.getNodesByClass("vtkMRMLSegmentationNode") if "differences" in n.GetName()
    )
    assert visible(differences) == [True]
    boxed.ui.studentModeCheckBox.click()
    boxed.ui.startCorrectionButton.click()
    assert visible(differences) == [False]


def test_a_drawing_is_scored_against_the_model_with_the_dice_counted_by_hand(student):
    drawing = student.parameters.correction
    paint(student, "ED", np.s_[1:5, 2:9, 2:5])  # 84 voxels, half of the tumor, all called edema
    student.ui.scoreButton.click()
    text = status(student)
    assert text.startswith("Your drawing against") and f"WT {2 * 84 / (84 + 168):.2f}" in text, text
    assert "TC 0.00" in text and "ET 0.00" in text
    parameters = student.parameters
    assert visible(parameters.result) == [True] and not parameters.studentMode
    assert drawing.GetScene() is slicer.mrmlScene and not student.logic.correcting(parameters)
    assert student.ui.overlaySelector.enabled
    assert visible(*student.logic.diameterLines(parameters)) == [True, True]


def test_a_drawing_is_scored_against_the_reference_where_there_is_one(student):
    from SSASlicerLib.segmentations import segmentation_from_labelmap

    parameters = student.parameters
    truth = np.zeros(SHAPE, np.uint8)
    truth[0:2, 0:4, 0:4] = GLIOMA.values["ET"]  # 32 voxels
    grid = student.logic.resultGrid(parameters)
    parameters.reference = segmentation_from_labelmap(grid.with_array(truth), "expert")
    paint(student, "ET", np.s_[0, 0:4, 0:4])  # 16 of them
    student.ui.scoreButton.click()
    assert f"against expert, Dice: WT {2 * 16 / 48:.2f}, TC 0.67, ET 0.67" in status(student), status(student)


def test_an_empty_drawing_scores_zero(student):
    student.ui.scoreButton.click()
    assert "WT 0.00, TC 0.00, ET 0.00" in status(student), status(student)


def test_a_drawing_is_not_saved_as_a_correction(student, tmp_path):
    student.ui.correctionsPath.currentPath = str(tmp_path / "corrections")
    student.ui.saveCorrectionButton.click()
    assert "A drawing of student mode is no correction of the model" in status(student)
    assert not (tmp_path / "corrections").exists()


def test_the_result_itself_is_not_scored_as_a_drawing(correcting):
    correcting.ui.studentModeCheckBox.click()
    correcting.ui.scoreButton.click()
    assert "There is no drawing to score" in status(correcting) and "press Start" in status(correcting)
    assert correcting.logic.correcting(correcting.parameters)
