"""A finished run's model taken into use at a site; one that is worse than the earlier model is refused here, too."""

from __future__ import annotations

from pathlib import Path

from ssaglioma.errors import DatasetError
from ssaglioma.packages import ModelPackage, find_package, read_package
from ssaglioma.packages.site_models import install_model
from ssaglioma.training.run_folder import PACKAGE_FOLDER
from ssaglioma.training.run_report import read_report
from ssaglioma.training.run_request import read_request
from ssaglioma.types import PathLike


def install_run(folder: PathLike, site: PathLike, note: str = "") -> ModelPackage:
    """Put the model of a finished run on the site's shelf of its name and return the installed copy.

    The model that it learned from becomes the version before it, so that rolling back has somewhere to go.

    Raises
    ------
    DatasetError
        If the run is not finished, or its model is worse than is allowed.
    ModelPackageError
        If the package is damaged, or another model has its name.
    """
    root = Path(folder)
    report = read_report(root)
    if not report.accepted:
        raise DatasetError(
            f"The model of {str(root)!r} is worse than {report.compared_with!r} on held-out cases",
            expected="a model that is not worse",
            remedy=" ".join(report.reasons),
        )
    package = read_package(root / PACKAGE_FOLDER)
    request = read_request(root).under(root)
    earlier = find_package(request.model) if "model" in request.definition.needed else None
    change = "" if report.mean_change is None else f", mean Dice {report.mean_change:+.3f} on held-out cases"
    return install_model(site, package, note or f"trained by {report.recipe!r}{change}", earlier=earlier)
