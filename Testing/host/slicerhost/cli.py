"""Stand-in for `slicer.cli`: command line modules as Python functions, run at once, in a real parameter node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
import vtk

from .modules import CoreModule

Runner = Callable[[dict[str, Any]], None]


class CommandLineModule(CoreModule):
    """A command line module whose work is a Python function of its parameters."""

    def __init__(self, name: str, runner: Runner) -> None:
        super().__init__(name)
        self.__dict__["runner"] = runner


def createNode(cliModule: CommandLineModule, parameters: dict[str, Any] | None = None) -> Any:
    """Add a `vtkMRMLCommandLineModuleNode` for a module to the scene."""
    node = slicer.vtkMRMLCommandLineModuleNode()
    node.SetName(cliModule.title)
    slicer.mrmlScene.AddNode(node)
    setNodeParameters(node, parameters or {})
    return node


def setNodeParameters(node: Any, parameters: dict[str, Any]) -> None:
    """Write parameters as texts; nodes by their IDs."""
    for name, value in parameters.items():
        if isinstance(value, slicer.vtkMRMLNode):
            value = value.GetID()
        node.SetParameterAsString(name, str(value))


def run(
    module: CommandLineModule,
    node: Any = None,
    parameters: dict[str, Any] | None = None,
    wait_for_completion: bool = False,
    delete_temporary_files: bool = True,
    update_display: bool = True,
    **_options: Any,
) -> Any:
    """Run a module and return its node, completed or completed with errors; here always before returning."""
    node = node or createNode(module)
    setNodeParameters(node, parameters or {})
    node.SetStatus(node.Running)
    try:
        module.runner(dict(parameters or {}))
    except (RuntimeError, ValueError, TypeError) as error:
        node.SetErrorText(str(error), False)
        node.SetStatus(node.CompletedWithErrors)
    else:
        node.SetStatus(node.Completed)
    return node


def runSync(
    module: CommandLineModule, node: Any = None, parameters: dict[str, Any] | None = None, **options: Any
) -> Any:
    """Run a module and return when it is done."""
    return run(module, node, parameters, wait_for_completion=True, **options)


def cancel(node: Any) -> None:
    """Mark a node as canceled."""
    node.Cancel()


def threshold_scalar_volume(parameters: dict[str, Any]) -> None:
    """Do what the module "Threshold Scalar Volume" does, for the types Below and Above.

    Raises:
        ValueError: another type of threshold.
    """
    source = slicer.mrmlScene.GetNodeByID(parameters["InputVolume"])
    target = slicer.mrmlScene.GetNodeByID(parameters["OutputVolume"])
    kind, limit = parameters.get("ThresholdType", "Outside"), float(parameters["ThresholdValue"])
    if kind not in ("Below", "Above"):
        raise ValueError(f"Found the threshold type {kind!r}, expected Below or Above.")
    threshold = vtk.vtkImageThreshold()
    threshold.SetInputData(source.GetImageData())
    if kind == "Below":
        threshold.ThresholdByUpper(limit)
    else:
        threshold.ThresholdByLower(limit)
    threshold.ReplaceInOff()
    threshold.ReplaceOutOn()
    threshold.SetOutValue(float(parameters.get("OutsideValue", 0)))
    threshold.Update()
    matrix = vtk.vtkMatrix4x4()
    source.GetIJKToRASMatrix(matrix)
    target.SetIJKToRASMatrix(matrix)
    target.SetAndObserveImageData(threshold.GetOutput())
    if target.GetDisplayNode() is None:
        target.CreateDefaultDisplayNodes()
