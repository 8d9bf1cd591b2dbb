"""States of the panel for pictures: `make slicer-shot MODULE=SSAStyleTransfer STATE=preview OUTPUT=picture.png`."""

from __future__ import annotations

TABS = ("preview", "scanner", "train", "lessons")


def settle(host, widget):
    """Let the timers bring the picture, the guard's verdict and the chart up to date."""
    preview = next(section for section in widget.sections if hasattr(section, "restTimer"))
    host.process_events(0.1)
    host.wait_until(lambda: not (preview.soonTimer.active or preview.restTimer.active), seconds=60)


def compute(host, widget):
    """Wait for a picture that the background process computes."""
    settle(host, widget)
    host.wait_until(lambda: not (widget.logic.busy or widget.logic.pictureWanted), seconds=900)
    settle(host, widget)


def preview(host, widget):
    """The sample case with its gray values matched to a simulated hospital scanner."""
    from SSAStyleTransferLib.sample import loadSampleCase

    logic, parameters = widget.logic, widget.parameters
    loadSampleCase(logic, parameters)
    parameters.method, parameters.bankStyle = "histogram", "simulated:64mT:1"
    logic.showViews(parameters)
    logic.goToSlice(parameters, logic.tumorSliceOf(parameters))
    settle(host, widget)


def wipe(host, widget):
    """The border between original and result."""
    preview(host, widget)
    widget.parameters.bankStyle, widget.parameters.view = "simulated:0.3T_permanent:1", "wipe"
    settle(host, widget)


def difference(host, widget):
    """What became darker and brighter."""
    preview(host, widget)
    widget.parameters.view = "difference"
    settle(host, widget)


def histograms(host, widget):
    """Histograms of original, style and result."""
    preview(host, widget)
    widget.ui.histogramButton.click()
    settle(host, widget)


def feature_map(host, widget):
    """Where the slice lies between two scanners."""
    preview(host, widget)
    widget.ui.mapButton.click()
    settle(host, widget)


def scanner(host, widget):
    """The same slice through a 64 mT scanner."""
    preview(host, widget)
    parameters = widget.parameters
    widget.logic.setPreset(parameters, "64mT")
    parameters.method = "scanner"
    widget.ui.tabs.setCurrentIndex(TABS.index("scanner"))
    settle(host, widget)


def model(host, widget):
    """What the model sees of the simulated 0.3 T scan."""
    preview(host, widget)
    widget.logic.setPreset(widget.parameters, "0.3T_permanent")
    widget.parameters.method = "scanner"
    settle(host, widget)
    widget.ui.lookButton.click()
    host.wait_until(lambda: not widget.logic.looking, seconds=300)
    settle(host, widget)


def rain(host, widget):
    """RAIN's 1.5 T style, which the guard refuses: stripes and reasons."""
    learned(host, widget, "style-brain-rain")


def adaconv(host, widget):
    """AdaConv's 1.5 T style as a difference: what became brighter and darker, and the guard's verdict."""
    learned(host, widget, "style-brain-adaconv")
    widget.parameters.view = "difference"
    settle(host, widget)


def learned(host, widget, package):
    """The sample case in the first style of a package, once the background process has computed it."""
    preview(host, widget)
    widget.logic.chooseMethod(widget.parameters, package)
    compute(host, widget)


def lessons(host, widget):
    """The first lesson, open."""
    widget.ui.tabs.setCurrentIndex(TABS.index("lessons"))
    widget.ui.lessonOpenButton.click()
    settle(host, widget)
    widget.ui.answerSelector.setCurrentIndex(1)
    widget.ui.answerButton.click()


def heart(host, widget):
    """The cardiac lesson on the synthetic heart."""
    widget.ui.tabs.setCurrentIndex(TABS.index("lessons"))
    widget.ui.lessonSelector.setCurrentIndex(4)
    widget.ui.lessonOpenButton.click()
    compute(host, widget)


def train(host, widget):
    """The sample cases are checked, and the cost of fine-tuning the shipped model was measured."""
    import shutil
    import tempfile
    from pathlib import Path

    from ssaglioma.packages.resources import locate

    logic, parameters = widget.logic, widget.logic.trainingParameters()
    cases = Path(tempfile.mkdtemp(prefix="hospital-")) / "cases"
    shutil.copytree(locate("SampleCases"), cases)
    preview(host, widget)
    parameters.recipe, parameters.target, parameters.device = "fine_tune", str(cases), "cpu"
    parameters.startModel = logic.startModels()[0].folder
    widget.ui.tabs.setCurrentIndex(TABS.index("train"))
    for name, value in {"epochs": 6, "steps_per_epoch": 4, "batch_size": 4}.items():
        logic.setOption(parameters, name, value)
    widget.refresh()
    tab = training_tab(widget).widgets
    for button in (tab.trainCheckButton, tab.trainMeasureButton):
        button.click()
        host.wait_until(lambda: not logic.checking, seconds=300)
        settle(host, widget)


def train_running(host, widget):
    """A small training is under way: curves, and a held-out slice of the last epoch."""
    from pathlib import Path

    train(host, widget)
    logic, tab = widget.logic, training_tab(widget)
    tab.widgets.trainRunPath.currentPath = str(Path(tab.training.target).parent / "training")
    tab.widgets.trainStartButton.click()
    host.wait_until(lambda: len(logic.trainingState(tab.training).epochs) >= 4, seconds=900)
    tab.widgets.trainDataButton.collapsed = True
    settle(host, widget)
    tab.widgets.trainDiceButton.click()
    tab.timer.stop()


def train_done(host, widget):
    """The training is done: before and after on the held-out case."""
    train_running(host, widget)
    tab = training_tab(widget)
    host.wait_until(lambda: widget.logic.trainingState(tab.training).state == "done", seconds=900)
    tab.widgets.trainRecipeButton.collapsed = True
    tab.widgets.trainResultButton.collapsed = False
    widget.refresh()
    settle(host, widget)


def training_tab(widget):
    """The Train tab among the panel's parts."""
    return next(section for section in widget.sections if type(section).__name__ == "TrainPanel")


STATES = {
    "preview": preview,
    "wipe": wipe,
    "difference": difference,
    "histograms": histograms,
    "feature_map": feature_map,
    "scanner": scanner,
    "model": model,
    "rain": rain,
    "adaconv": adaconv,
    "lessons": lessons,
    "heart": heart,
    "train": train,
    "train_running": train_running,
    "train_done": train_done,
}
