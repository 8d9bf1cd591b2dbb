"""SSAGlioma core: glioma segmentation for hospitals with old scanners and no GPU."""

__version__ = "0.1.0"
