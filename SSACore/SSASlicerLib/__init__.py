# ruff: noqa: N999
"""What the Slicer modules of this extension share: MRML to and from the core, background runs, set-up.

Importing the package loads nothing; each part is imported by its own name
(`from SSASlicerLib import processes`). Qt is not used here.
"""
