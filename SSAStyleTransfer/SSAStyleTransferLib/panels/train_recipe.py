"""Parts 2 and 3 of the Train tab: the recipe with its options, and what it will cost."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.train_part import TrainPart, showText, tieText

_LARGEST = 1_000_000


class TrainRecipePart(TrainPart):
    """Recipe, model, name, options, budget."""

    def connect(self) -> None:
        """Connect signals, and fill the list of recipes from the core's registry."""
        ui = self.ui
        self._forms: dict[str, tuple[object, dict]] = {}
        self._models = None
        for recipe in self.logic.recipes():
            ui.trainRecipeSelector.addItem(_(recipe.title), recipe.name)
        ui.trainRecipeSelector.currentIndexChanged.connect(self.onRecipe)
        ui.trainModelSelector.currentIndexChanged.connect(self.onModel)
        ui.trainMeasureButton.clicked.connect(self.onMeasure)
        tieText(self, ui.trainNameEdit, "modelName")

    def onRecipe(self, _index: int = 0) -> None:
        """Keep the chosen recipe."""
        if self.parameters is not None:
            self.parameters.recipe = self.ui.trainRecipeSelector.currentData
            self.owner.refresh()

    def onModel(self, _index: int = 0) -> None:
        """Keep the chosen model."""
        if self.parameters is not None:
            self.parameters.startModel = self.ui.trainModelSelector.currentData or ""
            self.owner.refresh()

    def onMeasure(self) -> None:
        """Time a few steps."""
        with self.guarded():
            self.logic.startBudget(self.parameters)
        self.owner.refresh()

    def onOption(self, name: str, value) -> None:
        """Keep an option; a value that makes no sense is said, and the earlier one comes back."""
        if self.parameters is None:
            return
        with self.guarded():
            self.logic.setOption(self.parameters, name, value)
        self.update()

    def update(self) -> None:
        """Show the recipe, its options and its cost."""
        parameters, ui = self.parameters, self.ui
        if parameters is None:
            return
        recipe = self.logic.recipe(parameters)
        _choose(ui.trainRecipeSelector, ui.trainRecipeSelector.findData(recipe.name))
        ui.trainRecipeLabel.text = _(recipe.sentence)
        takesModel = "model" in (*recipe.needed, *recipe.optional)
        ui.trainModelLabel.text = _("Start from") if "model" in recipe.needed else _("Compare with")
        for widget in (ui.trainModelLabel, ui.trainModelSelector):
            widget.setVisible(takesModel)
        self._showModels(parameters)
        showText(ui.trainNameEdit, parameters.modelName)
        self._showOptions(recipe, self.logic.optionValues(parameters))
        problem = _("A check is under way.") if self.logic.checking else self.logic.trainingProblem(parameters)
        self.setEnabled(ui.trainMeasureButton, not problem, problem)
        ui.trainBudgetLabel.text = self.logic.budgetSentence()
        ui.trainBudgetLabel.setVisible(bool(ui.trainBudgetLabel.text))

    def poll(self) -> None:
        """Show the measurement when it is done."""
        if not self.logic.checking:
            self.ui.trainBudgetLabel.text = self.logic.budgetSentence()

    def _showModels(self, parameters) -> None:
        models = self.logic.startModels()
        selector = self.ui.trainModelSelector
        if models != self._models:
            self._models = models
            wasBlocked = selector.blockSignals(True)
            selector.clear()
            selector.addItem(_("None"), "")
            for model in models:
                selector.addItem(model.title, model.folder)
            selector.blockSignals(wasBlocked)
        _choose(selector, selector.findData(parameters.startModel))

    def _showOptions(self, recipe, values: dict) -> None:
        """Show the form of the recipe; each one is built once."""
        if recipe.name not in self._forms:
            self._forms[recipe.name] = self._newForm(recipe)
            self.ui.trainOptionsBox.layout().addWidget(self._forms[recipe.name][0])
        for name, (form, editors) in self._forms.items():
            form.setVisible(name == recipe.name)
            if name == recipe.name:
                for option, editor in editors.items():
                    _show(editor, values[option])

    def _newForm(self, recipe) -> tuple:
        form = qt.QWidget()
        grid = qt.QGridLayout(form)
        grid.setContentsMargins(0, 0, 0, 0)
        editors = {}
        for index, option in enumerate(recipe.options):
            editor = self._newEditor(option)
            editor.toolTip = _(option.tip)
            label = qt.QLabel(_(option.title))
            label.toolTip = _(option.tip)
            row, column = divmod(index, 2)
            grid.addWidget(label, row, 2 * column)
            grid.addWidget(editor, row, 2 * column + 1)
            editors[option.name] = editor
        return form, editors

    def _newEditor(self, option):
        """Return a list for choices, a spin box for whole numbers, else a line."""
        name = option.name
        if option.choices:
            editor = qt.QComboBox()
            editor.setSizeAdjustPolicy(qt.QComboBox.AdjustToMinimumContentsLengthWithIcon)
            editor.setMinimumContentsLength(8)
            for choice in option.choices:
                editor.addItem(str(choice), choice)
            editor.currentIndexChanged.connect(lambda _index: self.onOption(name, editor.currentData))
        elif option.kind == "int":
            editor = qt.QSpinBox()
            editor.setRange(int(option.least or 0), _LARGEST)
            editor.setKeyboardTracking(False)
            editor.valueChanged.connect(lambda value: self.onOption(name, value))
        else:
            editor = qt.QLineEdit()
            editor.setMinimumWidth(0)
            editor.editingFinished.connect(lambda: self.onOption(name, editor.text))
        return editor


def _choose(selector, index: int) -> None:
    if index != selector.currentIndex:
        wasBlocked = selector.blockSignals(True)
        selector.setCurrentIndex(index)
        selector.blockSignals(wasBlocked)


def _show(editor, value) -> None:
    wasBlocked = editor.blockSignals(True)
    if isinstance(editor, qt.QComboBox):
        editor.setCurrentIndex(editor.findData(value))
    elif isinstance(editor, qt.QSpinBox):
        editor.value = value
    else:
        editor.text = f"{value:g}" if isinstance(value, float) else str(value)
    editor.blockSignals(wasBlocked)
