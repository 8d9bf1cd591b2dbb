"""The synthetic cases that ship with the extension, in Slicer's Sample Data module; the modules share them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.packages.resources import locate

CATEGORY = "SSAGlioma"
_THUMBNAILS = Path(__file__).parent / "Resources" / "SampleCases"


@dataclass(frozen=True)
class SampleCase:
    """A case that ships.

    Attributes
    ----------
    sample : str
        Name in Sample Data.
    case : str
        Name of its folder and files.
    """

    sample: str
    case: str

    @property
    def files(self) -> dict[str, Path]:
        """Its files by the title of their nodes: 'T1', 'T1Gd', 'T2', 'FLAIR', 'reference'.

        Raises
        ------
        DatasetError
            If the extension was installed without it.
        """
        folder = locate(f"SampleCases/{self.case}")
        images = {one.display_name: folder / f"{self.case}-{one.value}.nii.gz" for one in SEQUENCE_ORDER}
        return {**images, "reference": folder / f"{self.case}-seg.nii.gz"}


SAMPLE_CASES = (
    SampleCase("SSAGliomaGrown", "ICBM152-grown-001"),
    SampleCase("SSAGliomaGrownHospital", "ICBM152-grown-001-ssa"),
)
"""A synthetic glioma as on a 3 T scanner, and the same patient on a simulated 1.5 T scanner of a hospital."""


def register_sample_cases() -> None:
    """Register the cases; files are copied from the extension, so that no network is needed.

    Each module of the extension calls this; what is registered already stays as it is.
    """
    import SampleData

    for one in SAMPLE_CASES:
        files = one.files
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=one.sample,
            thumbnailFileName=str(_THUMBNAILS / f"{one.case}.png"),
            uris=[path.as_uri() for path in files.values()],
            fileNames=[path.name for path in files.values()],
            nodeNames=[f"{one.case} {title}" for title in files],
            loadFileTypes=["VolumeFile"] * len(SEQUENCE_ORDER) + ["SegmentationFile"],
            checksums=[f"SHA256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files.values()],
        )
