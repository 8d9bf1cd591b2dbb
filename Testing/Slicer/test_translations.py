"""French of both modules: every text is there, nothing is unfinished, and the panels show it."""

from __future__ import annotations

import importlib.util
import sys
from xml.etree import ElementTree

import pytest
import slicer
from seg_scene import ROOT

CORE_MODULE = ROOT / "SSACore" / "SSACore.py"
SEG_MODULE = ROOT / "SSAGliomaSeg" / "SSAGliomaSeg.py"
STYLE_MODULE = ROOT / "SSAStyleTransfer" / "SSAStyleTransfer.py"
PANELS = sorted(ROOT.glob("SSA*/Resources/UI/*.ui"))


@pytest.fixture(scope="module")
def script():
    """`scripts/translations.py` as a module."""
    spec = importlib.util.spec_from_file_location("translations_script", ROOT / "scripts" / "translations.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def french(host):
    """Slicer set to French, with the core module loaded as at its start."""
    from slicerhost import i18n
    from slicerhost.loader import load_scripted_module

    from SSASlicerLib import translations

    settings = slicer.app.userSettings()
    before = settings.value("language")
    settings.setValue("language", "fr-FR")
    translations._loaded.clear()
    load_scripted_module(CORE_MODULE)
    yield
    i18n.unload()
    translations._loaded.clear()
    settings.setValue("language", before or "")
    host.unload_module("SSACore")


def test_every_text_of_the_modules_is_translated(script):
    messages = script.all_messages()
    assert len(messages) > 600 and script.faults(script.read_ts(script.TS_FILE), messages) == []


def test_the_file_is_one_that_slicers_language_tools_take_over(script):
    top = ElementTree.parse(script.TS_FILE).getroot()
    assert top.tag == "TS" and top.get("language") == "fr-FR" == script.TS_FILE.stem.split("_")[1]
    assert all(translation.get("type") is None for translation in top.iter("translation"))


def test_the_compiled_file_says_the_same_as_its_source(host, script):
    from PySide6.QtCore import QTranslator

    translator = QTranslator()
    assert translator.load(str(script.TS_FILE.with_suffix(".qm")))
    known = script.read_ts(script.TS_FILE)
    wrong = [key for key, text in known.items() if translator.translate(*key) != text]
    assert wrong == [], "run scripts/translations.py"


def test_faults_of_a_translation_are_found(script, tmp_path):
    known = {("a", "{count} cases"): "{nombre} cas", ("a", "Open"): "", ("a", " mm"): "mm", ("a", "Old"): "Vieux"}
    script.write_ts(tmp_path / "x.ts", known)
    messages = [("a", "{count} cases"), ("a", "Open"), ("a", " mm"), ("b", "New")]
    found = script.faults(script.read_ts(tmp_path / "x.ts"), messages)
    begins = ("missing", "not used any more", "placeholders differ", "unfinished", "spaces at the ends differ")
    assert sorted(fault.split(":")[0] for fault in found) == sorted(begins)


def test_a_text_that_moves_to_another_file_keeps_its_translation(script):
    known = {("old", "Open"): "Ouvrir", ("old", "Close"): ""}
    assert script.updated(known, [("new", "Open"), ("new", "Close"), ("new", "Save")]) == {
        ("new", "Open"): "Ouvrir",
        ("new", "Close"): "",
        ("new", "Save"): "",
    }


def test_contexts_are_those_that_slicer_computes(script):
    from slicer.i18n import getContext

    files = [CORE_MODULE, SEG_MODULE, *sorted((ROOT / "SSAStyleTransfer").rglob("train*.py"))]
    assert [script.context_of(file) for file in files] == [getContext(str(file)) for file in files]


@pytest.mark.parametrize("file", PANELS, ids=lambda file: file.stem)
def test_what_ties_a_panel_to_its_parameters_is_not_translated(script, file):
    tied = {"SlicerParameterName", "settingKey", "nodeTypes"}
    texts = [
        element
        for entry in ElementTree.parse(file).iter("property")
        if entry.get("name") in tied
        for element in entry.iter()
        if element.tag in ("string", "stringlist")
    ]
    holders = [element for element in texts if element.get("notr") == "true"]
    assert texts and len(holders) >= len([element for element in texts if element.tag == "stringlist"])
    assert all(element.get("notr") == "true" for element in texts if element.text and "vtk" not in element.text)


@pytest.mark.usefixtures("french")
def test_the_panels_are_in_french(host):
    from style_scene import let_go_of

    panel = host.load_module(STYLE_MODULE, enter=True)
    tabs = [panel.ui.tabs.tabText(index) for index in range(panel.ui.tabs.count)]
    assert tabs == ["Aperçu", "Machine", "Entraîner", "Leçons"] and panel.ui.lookButton.text == "Regarder"
    panel.ui.tabs.setCurrentWidget(panel.ui.trainTab)
    train = next(section for section in panel.sections if type(section).__name__ == "TrainPanel").widgets
    selector = train.trainRecipeSelector
    assert selector.itemText(selector.findData("combined")) == "Combiné"
    assert (
        train.trainRecipeLabel.text.startswith("Entraîne un réseau neuf") and train.trainStartButton.text == "Démarrer"
    )
    devices = [train.trainDeviceSelector.itemText(index) for index in range(train.trainDeviceSelector.count)]
    assert devices == ["auto", "cpu", "cuda"], "what is kept in parameters is the same in every language"
    let_go_of(host, panel, "SSAStyleTransfer")
    host.leave_module()
    seg = host.load_module(SEG_MODULE, enter=True)
    assert seg.ui.cancelButton.text == "Annuler" and "Choisissez" in seg.ui.statusLabel.text
    let_go_of(host, seg, "SSAGliomaSeg")
    host.leave_module()


def test_without_a_language_in_the_settings_nothing_is_translated(host):
    from slicerhost import i18n
    from slicerhost.loader import load_scripted_module

    from SSASlicerLib import translations

    translations._loaded.clear()
    load_scripted_module(CORE_MODULE)
    assert i18n.translators == [] and translations._loaded
    host.unload_module("SSACore")


def test_a_language_that_there_is_not_is_told():
    from ssaglioma.errors import SSAGliomaError
    from SSASlicerLib.translations import table

    with pytest.raises(SSAGliomaError, match=r"language 'tlh'.*Expected one of \['fr-FR'\]"):
        table("tlh")
