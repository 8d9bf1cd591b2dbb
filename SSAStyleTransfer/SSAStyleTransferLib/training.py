"""The training desk: recipes of the core, what a training is asked to do, and the models at hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from SSAStyleTransferLib.training_cases import TrainingCasesLogic
from SSAStyleTransferLib.training_charts import TrainingChartsLogic
from SSAStyleTransferLib.training_checks import TrainingChecksLogic
from SSAStyleTransferLib.training_parameters import trainingParameters
from SSAStyleTransferLib.training_results import TrainingResultsLogic
from SSAStyleTransferLib.training_runs import TrainingRunsLogic

FOLDERS = ("source", "target", "style", "corrections")
_USER_FOLDER = "SSAGliomaModels"
_MONAI = "monai>=1.4"


@dataclass(frozen=True)
class StartModel:
    """One line of the list of models."""

    title: str
    folder: str


class TrainingLogic(
    TrainingCasesLogic, TrainingChecksLogic, TrainingRunsLogic, TrainingResultsLogic, TrainingChartsLogic
):
    """All that the Train tab can do; part of `SSAStyleTransferLogic`.

    >>> parameters = logic.trainingParameters()
    >>> parameters.source, parameters.runFolder = "/data/cases", "/data/run"
    >>> logic.startTraining(parameters)
    >>> logic.trainingState(parameters).state
    'running'
    """

    def __init__(self) -> None:
        TrainingCasesLogic.__init__(self)
        TrainingChecksLogic.__init__(self)
        TrainingRunsLogic.__init__(self)

    @staticmethod
    def trainingParameters():
        """Return the wrapped parameter node of the training desk."""
        return trainingParameters("SSAStyleTransfer")

    @staticmethod
    def recipes() -> list:
        """Return the recipes of the core's registry."""
        from ssaglioma.cli.train_recipe import known_recipes

        return list(known_recipes())

    def recipe(self, parameters):
        """Return the chosen recipe.

        Raises
        ------
        DatasetError
            If it is not known here.
        """
        from ssaglioma.training.recipes import find_recipe

        self.recipes()
        return find_recipe(parameters.recipe)

    def usedFolders(self, parameters) -> tuple[str, ...]:
        """Return the names of the folders that the chosen recipe can use."""
        recipe = self.recipe(parameters)
        return tuple(name for name in FOLDERS if name in (*recipe.needed, *recipe.optional))

    def optionValues(self, parameters) -> dict:
        """Return all options of the chosen recipe."""
        return self.recipe(parameters).values(self._givenOptions(parameters))

    def setOption(self, parameters, name: str, value) -> None:
        """Set one option of the chosen recipe.

        Raises
        ------
        DatasetError
            If the value makes no sense.
        """
        recipe = self.recipe(parameters)
        values = recipe.values({**self._givenOptions(parameters), name: value})
        defaults = recipe.values({})
        parameters.options = json.dumps({key: item for key, item in values.items() if item != defaults[key]})

    def _givenOptions(self, parameters) -> dict:
        """Return the options that were set, as far as the chosen recipe has them."""
        known = {option.name for option in self.recipe(parameters).options}
        given = json.loads(parameters.options) if parameters.options else {}
        return {name: value for name, value in given.items() if name in known}

    def startModels(self) -> list[StartModel]:
        """Return the shipped segmentation models, then those of this computer."""
        from ssaglioma.packages import list_packages
        from ssaglioma.packages.site_models import site_packages

        packages = [*list_packages(), *site_packages(self.siteFolder())]
        return [
            StartModel(f"{package.card.title} ({package.card.version})", str(package.folder)) for package in packages
        ]

    @staticmethod
    def siteFolder() -> Path:
        """Return the folder of this computer's models, which SSAGliomaSeg reads, too."""
        return Path(slicer.app.slicerUserSettingsFilePath).parent / _USER_FOLDER

    def trainingRequest(self, parameters):
        """Return what the training is asked to do.

        Raises
        ------
        DatasetError
            If something is missing or makes no sense.
        """
        from ssaglioma.training.run_request import RunRequest

        recipe = self.recipe(parameters)
        names = (*recipe.needed, *recipe.optional)
        folders = {name: getattr(parameters, name) for name in FOLDERS if name in names}
        return RunRequest(
            recipe=recipe.name,
            **folders,
            model=parameters.startModel if "model" in names else "",
            held_out=tuple(name.strip() for name in parameters.heldOut.split(",") if name.strip()),
            name=parameters.modelName.strip(),
            device=parameters.device,
            options=self._givenOptions(parameters),
        )

    def trainingProblem(self, parameters) -> str:
        """Return why no training can start with these choices, or an empty text."""
        from ssaglioma.errors import SSAGliomaError

        try:
            request = self.trainingRequest(parameters)
        except SSAGliomaError as error:
            return str(error)
        for name in FOLDERS:
            if getattr(request, name) and not Path(getattr(request, name)).is_dir():
                return _("The folder {folder} does not exist.").format(folder=getattr(request, name))
        return ""

    @staticmethod
    def ensureTrainingPackages() -> None:
        """Install what is missing, after asking the user.

        Raises
        ------
        DeviceError
            If something is missing and cannot be installed.
        """
        from dataclasses import replace
        from importlib.util import find_spec

        from SSASlicerLib import dependencies

        readiness = dependencies.check()
        if find_spec("monai") is None:
            readiness = replace(readiness, missing=(*readiness.missing, _MONAI))
        if not readiness.ready:
            dependencies.install(readiness, requester="SSAStyleTransfer")
