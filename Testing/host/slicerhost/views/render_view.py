"""An off-screen render window as the views of Slicer hold one: renderer, displayable managers, corner text, picture."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

Size = tuple[int, int]
DEFAULT_SIZE = (500, 400)


_LIBRARIES = {"vtkEGLRenderWindow": "libEGL.so.1", "vtkOSOpenGLRenderWindow": "libOSMesa.so.8"}


def check_libraries(load: Callable[[str], Any] = ctypes.CDLL) -> None:
    """Make sure that VTK finds what it draws with where there is no display: without it, it would crash.

    Raises RuntimeError when neither EGL nor OSMesa is installed, or not the one that is asked for.
    """
    if not _without_display():
        return
    asked = os.environ.get("VTK_DEFAULT_OPENGL_WINDOW", "")
    wanted = [_LIBRARIES[asked]] if asked in _LIBRARIES else list(_LIBRARIES.values())
    for library in wanted:
        try:
            load(library)
        except OSError:
            continue
        return
    raise RuntimeError(
        f"Without a display, pictures need {' or '.join(wanted)}, and it is not installed. On Debian: "
        "apt-get install libegl1 libgl1-mesa-dri libosmesa6 (make system-deps does it)."
    )


def _without_display() -> bool:
    return sys.platform.startswith("linux") and not os.environ.get("DISPLAY")


def make_render_window(size: Size) -> Any:
    """An off-screen vtkRenderWindow of (width, height) pixels with two layers.

    Without a DISPLAY, VTK itself turns to EGL or OSMesa; its warning about that is silenced.
    """
    check_libraries()
    quiet = _without_display()
    warnings = vtk.vtkObject.GetGlobalWarningDisplay()
    if quiet:
        vtk.vtkObject.SetGlobalWarningDisplay(0)
    window = vtk.vtkRenderWindow()
    if quiet:
        vtk.vtkObject.SetGlobalWarningDisplay(warnings)
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetNumberOfLayers(2)
    window.SetSize(*size)
    return window


def pixels(window: Any) -> np.ndarray:
    """The rendered picture of a window: (height, width, 3) RGB, uint8, first row on top."""
    grabber = vtk.vtkWindowToImageFilter()
    grabber.SetInput(window)
    grabber.SetInputBufferTypeToRGB()
    grabber.ReadFrontBufferOff()
    grabber.ShouldRerenderOff()
    grabber.Update()
    image = grabber.GetOutput()
    width, height, _ = image.GetDimensions()
    flat = vtk_to_numpy(image.GetPointData().GetScalars())
    return flat.reshape(height, width, 3)[::-1].copy()


def register_displayable_managers(factory: Any, names: tuple[str, ...], application_logic: Any) -> None:
    """Register the managers that a view of Slicer has, those of its loadable modules included; once a process."""
    factory.SetMRMLApplicationLogic(application_logic)
    for name in names:
        if not factory.IsDisplayableManagerRegistered(name):
            factory.RegisterDisplayableManager(name)


class RenderView:
    """What the slice view and the 3D view share; the methods have the names of ctkVTKAbstractView."""

    def __init__(self, size: Size = DEFAULT_SIZE) -> None:
        self._window = make_render_window(size)
        self._renderer = vtk.vtkRenderer()
        self._window.AddRenderer(self._renderer)
        self._overlay = vtk.vtkRenderer()
        self._overlay.SetLayer(1)
        self._overlay.InteractiveOff()
        self._window.AddRenderer(self._overlay)
        self._interactor = vtk.vtkRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        self._corner = vtk.vtkCornerAnnotation()
        self._corner.SetMaximumFontSize(14)
        self._corner.SetMinimumFontSize(10)
        self._corner.SetNonlinearFontScaleFactor(1)
        self._corner.GetTextProperty().SetFontFamilyToArial()
        self._corner.GetTextProperty().ShadowOn()
        self._overlay.AddViewProp(self._corner)
        self._group: Any = None
        self._paused = 0

    def _start_managers(self, factory: Any, node: Any) -> None:
        self._group = factory.InstantiateDisplayableManagers(self._renderer)
        self._group.SetMRMLDisplayableNode(node)

    def renderWindow(self) -> Any:
        """The vtkRenderWindow."""
        return self._window

    def renderer(self) -> Any:
        """The vtkRenderer that the displayable managers draw in."""
        return self._renderer

    def interactor(self) -> Any:
        """The vtkRenderWindowInteractor; no event reaches it by itself."""
        return self._interactor

    def interactorStyle(self) -> Any:
        """The interactor's style."""
        return self._interactor.GetInteractorStyle()

    def cornerAnnotation(self) -> Any:
        """The vtkCornerAnnotation."""
        return self._corner

    def displayableManagerByClassName(self, name: str) -> Any:
        """The displayable manager of that class, or None."""
        return self._group.GetDisplayableManagerByClassName(name)

    def getDisplayableManagers(self, managers: Any) -> None:
        """Fill a vtkCollection with the view's displayable managers."""
        for index in range(self._group.GetDisplayableManagerCount()):
            managers.AddItem(self._group.GetNthDisplayableManager(index))

    def addDisplayableManager(self, name: str) -> None:
        """Add a manager of that class to this view alone."""
        manager = slicer.vtkMRMLDisplayableManagerGroup.InstantiateDisplayableManager(name)
        self._group.AddDisplayableManager(manager)

    def scheduleRender(self) -> None:
        """Nothing to do: each picture is rendered anew."""

    def forceRender(self) -> None:
        """Render now."""
        self._before_render()
        self._window.Render()

    def pauseRender(self) -> int:
        """Count one more pause and give the count."""
        self._paused += 1
        return self._paused

    def resumeRender(self) -> int:
        """Count one pause less and give the count."""
        self._paused = max(self._paused - 1, 0)
        return self._paused

    def setRenderPaused(self, pause: bool) -> int:
        """Pause or resume and give the count."""
        return self.pauseRender() if pause else self.resumeRender()

    def isRenderPaused(self) -> bool:
        """True while more pauses than resumes were asked for."""
        return self._paused > 0

    def _before_render(self) -> None:
        """What a view must bring up to date before each render."""

    def _resize(self, size: Size) -> None:
        if tuple(self._window.GetSize()) != tuple(size):
            self._window.SetSize(*size)

    def _grab(self) -> np.ndarray:
        self.forceRender()
        return pixels(self._window)

    def _release(self) -> None:
        if self._group is not None:
            self._group.SetMRMLDisplayableNode(None)
            self._group = None
        self._window.Finalize()
