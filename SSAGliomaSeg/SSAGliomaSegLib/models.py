"""The models at hand: shipped ones, and those that the user added from folders."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import slicer
from slicer.i18n import tr as _

_USER_FOLDER = "SSAGliomaModels"


@dataclass(frozen=True)
class ModelEntry:
    """One line of the model list."""

    name: str
    title: str
    folder: str


class ModelsLogic:
    """Model list, cards and expected costs; part of `SSAGliomaSegLogic`."""

    def models(self) -> list[ModelEntry]:
        """Return shipped models, then the user's; a folder that is no whole package is left out."""
        from ssaglioma.packages import list_packages
        from ssaglioma.packages.site_models import site_packages

        packages = [*list_packages(), *site_packages(self.userModelsFolder())]
        return [ModelEntry(package.card.name, package.card.title, str(package.folder)) for package in packages]

    def userModelsFolder(self) -> Path:
        """Return the folder of models that the user added; it lives beside Slicer's settings."""
        settings = Path(slicer.app.slicerUserSettingsFilePath)
        return settings.parent / _USER_FOLDER

    def importModel(self, folder) -> ModelEntry:
        """Check a model package and copy it into the user's models.

        Raises
        ------
        ModelPackageError
            If the folder is no whole package, or a model of that name is there already.
        """
        from ssaglioma.errors import ModelPackageError
        from ssaglioma.packages import read_package

        package = read_package(folder)
        name = package.card.name
        if any(entry.name == name for entry in self.models()):
            raise ModelPackageError(
                f"A model named {name!r} is there already",
                expected="a new name in card.json",
                remedy=_("Remove the other model first"),
            )
        target = self.userModelsFolder() / name
        aside = target.with_name(f".{name}-{uuid.uuid4().hex[:8]}")
        aside.mkdir(parents=True)
        try:
            for file in ("card.json", *package.card.sha256):
                shutil.copy2(Path(folder) / file, aside / file)
            read_package(aside)
            aside.rename(target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        return ModelEntry(name, package.card.title, str(target))

    def modelCard(self, parameters):
        """Return the card of the chosen model, or of the first one.

        Raises
        ------
        ModelPackageError
            If the model is gone or its card is damaged.
        """
        return self.modelPackage(parameters).card

    def modelPackage(self, parameters):
        """Return the chosen model package; its digests are checked by the run."""
        from ssaglioma.errors import ModelPackageError
        from ssaglioma.packages import read_package

        entries = self.models()
        chosen = next((entry for entry in entries if entry.name == parameters.model), None)
        if chosen is None and (parameters.model or not entries):
            raise ModelPackageError(
                f"The model {parameters.model!r} is not here" if parameters.model else "There is no model here",
                expected="one of " + ", ".join(entry.name for entry in entries) if entries else "",
                remedy=_("Choose another model, or add it from its folder")
                if entries
                else _("Add a model from its folder, or install the extension again"),
            )
        return read_package((chosen or entries[0]).folder, verify=False)

    def modelText(self, parameters) -> str:
        """Return the model card in a few lines for people."""
        card = self.modelCard(parameters)
        means = card.scores.get("mean_dice", {})
        scores = ", ".join(f"{region} {value['mean']:.2f}" for region, value in means.items())
        lines = [
            f"{card.title} ({card.name} {card.version})",
            _("Trained on: {text}").format(text=card.training_data),
            _("Mean Dice on cases it never saw: {scores}").format(scores=scores or _("not published")),
            _("License: {text}").format(text=card.licence),
            card.intended_use,
        ]
        return "\n".join(lines)

    def missingSequences(self, parameters) -> str:
        """Return a sentence on what the missing sequences cost, or an empty text.

        Raises
        ------
        SequenceError
            If the model cannot do without them.
        """
        from ssaglioma.errors import SequenceError
        from ssaglioma.labels import Sequence
        from SSAGliomaSegLib.inputs import FIELDS

        card = self.modelCard(parameters)
        given = {FIELDS[field] for field in self.chosenNodes(parameters)}
        missing = [sequence for sequence in card.sequences if sequence.value not in given]
        if not missing:
            return ""
        names = ", ".join(sequence.display_name for sequence in missing)
        possible = {Sequence.T1C.value, Sequence.T2F.value} & given
        if card.missing_channels != "zero" or not possible:
            raise SequenceError(
                _("{names} missing").format(names=names),
                expected="T1Gd or FLAIR at least" if card.missing_channels == "zero" else "all four sequences",
                remedy=_("Choose the missing images"),
            )
        cost = card.cost_without(missing)
        if cost is None:
            return _("{names} missing: the result is less accurate.").format(names=names)
        return _("{names} missing: this cost {cost:.2f} of mean Dice on test cases.").format(names=names, cost=cost)
