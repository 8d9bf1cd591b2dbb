"""A stand-in for the 3D Slicer application on the `slicer-core` wheel, for tests without Slicer.

`boot()` starts it once in a process; afterwards `import slicer`, `qt`, `ctk`, `SampleData` work as in Slicer.
"""

from .host import Host, boot

__all__ = ["Host", "boot"]
