"""Off-screen slice, 3D, plot and table views of a MRML scene, and a stand-in of Slicer's layout manager.

Pictures are (height, width, 3) RGB arrays, uint8, first row on top; sizes are (width, height) in pixels.
The stand-ins of Qt widgets are plain objects with the public methods that modules call.
"""

from .layout_manager import LayoutManager

__all__ = ["LayoutManager"]
