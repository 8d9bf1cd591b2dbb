"""Stand-in for the module SampleData: sources are registered, "downloads" come from local copies, checksums count."""

from __future__ import annotations

import hashlib
import shutil
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import slicer

SERVER = "https://github.com/Slicer/SlicerTestingData/releases/download/"
# what a test provides in place of the network: file name or address -> local file
local_copies: dict[str, Path] = {}
# built-in samples that modules and their tests ask for by method: sample -> (file names, node names)
BUILT_IN = {
    "MRHead": (["MR-head.nrrd"], ["MRHead"]),
    "CTChest": (["CT-chest.nrrd"], ["CTChest"]),
    "CTACardio": (["CTA-cardio.nrrd"], ["CTACardio"]),
    "MRBrainTumor1": (["RegLib_C01_1.nrrd"], ["MRBrainTumor1"]),
    "MRBrainTumor2": (["RegLib_C01_2.nrrd"], ["MRBrainTumor2"]),
    "CTLiver": (["CTLiver.nrrd"], ["CTLiver"]),
    "DentalSurgery": (
        ["PreDentalSurgery.gipl.gz", "PostDentalSurgery.gipl.gz"],
        ["PreDentalSurgery", "PostDentalSurgery"],
    ),
}


def _listed(value: Any, length: int | None = None) -> list[Any]:
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    if length is not None and len(values) == 1 and values[0] is None:
        values *= length
    return values


class SampleDataSource:
    """One data set: addresses, file names, node names, checksums, of equal number."""

    def __init__(
        self,
        sampleName: str | None = None,
        sampleDescription: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        checksums: Any = None,
        loadFiles: Any = None,
        customDownloader: Any = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: Any = None,
        loadFileProperties: Any = None,
        loadFileType: Any = None,
        **_options: Any,
    ) -> None:
        self.sampleName, self.sampleDescription = sampleName, sampleDescription
        self.customDownloader, self.thumbnailFileName = customDownloader, thumbnailFileName
        self.uris = _listed(uris)
        count = len(self.uris)
        self.fileNames, self.nodeNames = _listed(fileNames, count), _listed(nodeNames, count)
        self.checksums, self.loadFiles = _listed(checksums, count), _listed(loadFiles, count)
        if loadFileType is not None and loadFileTypes is not None:
            raise ValueError("loadFileType and loadFileTypes cannot be specified at the same time")
        self.loadFileTypes = _listed(loadFileType if loadFileTypes is None else loadFileTypes, count)
        self.loadFileProperties = loadFileProperties or {}
        counts = {len(items) for items in (self.uris, self.fileNames, self.nodeNames, self.checksums)}
        if len(counts) != 1:
            raise ValueError(
                f"{sampleName}: found {len(self.uris)} addresses, {len(self.fileNames)} file names, "
                f"{len(self.nodeNames)} node names and {len(self.checksums)} checksums, expected equal numbers."
            )


def _sources() -> dict[str, list[SampleDataSource]]:
    if not hasattr(slicer.modules, "sampleDataSources"):
        slicer.modules.sampleDataSources = {}
    return slicer.modules.sampleDataSources


class SampleDataLogic:
    """Registers, finds, fetches and loads samples."""

    categoryTitles: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, logMessage: Any = None) -> None:
        builtin = _sources().setdefault("BuiltIn", [])
        known = {source.sampleName for source in builtin}
        for name, (files, nodes) in BUILT_IN.items():
            if name not in known:
                uris = [SERVER + file for file in files]
                builtin.append(SampleDataSource(name, None, uris, files, nodes))

    @staticmethod
    def registerCustomSampleDataCategory(category: str, title: str) -> None:
        SampleDataLogic.categoryTitles[category] = title

    @staticmethod
    def registerCustomSampleDataSource(category: str = "Custom", **options: Any) -> None:
        """Register a data set; one that is there already is not registered twice."""
        source = SampleDataSource(**options)
        listed = _sources().setdefault(category, [])
        if not SampleDataLogic.isSampleDataSourceRegistered(category, source):
            listed.append(source)

    @staticmethod
    def isSampleDataSourceRegistered(category: str, sampleDataSource: SampleDataSource) -> bool:
        return any(vars(source) == vars(sampleDataSource) for source in _sources().get(category, []))

    @staticmethod
    def sampleDataSourcesByCategory(category: str | None = None) -> Any:
        return _sources() if category is None else _sources().get(category, [])

    def sourceForSampleName(self, sampleName: str) -> SampleDataSource | None:
        sources = (source for listed in _sources().values() for source in listed)
        return next((source for source in sources if source.sampleName == sampleName), None)

    def downloadFile(self, uri: str, destFolderPath: str, name: str, checksum: str | None = None, **_: Any) -> str:
        """Copy a local copy or a file:// address into a folder and check it.

        Raises:
            RuntimeError: there is no local copy (nothing is fetched from a network here).
            ValueError: the file's checksum is not the expected one.
        """
        source = _local_file(uri, name)
        # a substitute may be of another format than the published file: its own ending tells the reader which
        target = Path(destFolderPath) / (source.name if name in local_copies else name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        if checksum:
            algorithm, _, expected = checksum.partition(":")
            found = hashlib.new(algorithm.lower(), target.read_bytes()).hexdigest()
            if found != expected.lower():
                target.unlink()
                raise ValueError(f"{name}: found the {algorithm} {found}, expected {expected}.")
        return str(target)

    def downloadFileIntoCache(
        self, uri: str, name: str, checksum: str | None = None, forceDownload: bool = False
    ) -> str:
        return self.downloadFile(uri, slicer.app.cachePath, name, checksum)

    def downloadFromSource(self, source: SampleDataSource, **_options: Any) -> list[Any]:
        """Fetch the files of a source and load them; return the nodes, or paths where nothing is loaded."""
        if source.customDownloader is not None:
            return source.customDownloader(source)
        results: list[Any] = []
        columns = (source.uris, source.fileNames, source.nodeNames, source.checksums, source.loadFiles)
        for place, (uri, name, node_name, checksum, load) in enumerate(zip(*columns)):
            path = self.downloadFileIntoCache(uri, name, checksum)
            if load is False or (load is None and node_name is None):
                results.append(path)
                continue
            kind = source.loadFileTypes[place] if place < len(source.loadFileTypes) else None
            properties = {**source.loadFileProperties, "name": node_name}
            node = slicer.util.loadNodeFromFile(path, kind, properties)
            results.append(node)
        return results

    def downloadSamples(self, sampleName: str) -> list[Any]:
        source = self.sourceForSampleName(sampleName)
        if source is None:
            raise ValueError(f"Found no sample {sampleName!r}; register it first.")
        return self.downloadFromSource(source)

    def downloadSample(self, sampleName: str) -> Any:
        return self.downloadSamples(sampleName)[0]

    def downloadFromURL(self, **options: Any) -> list[Any]:
        return self.downloadFromSource(SampleDataSource(**options))

    def downloadMRHead(self) -> Any:
        return self.downloadSample("MRHead")

    def downloadCTChest(self) -> Any:
        return self.downloadSample("CTChest")

    def downloadDentalSurgery(self) -> Sequence[Any]:
        return self.downloadSamples("DentalSurgery")


def _local_file(uri: str, name: str) -> Path:
    for key in (uri, name):
        if key in local_copies:
            return Path(local_copies[key])
    parsed = urllib.parse.urlparse(uri)
    if parsed.scheme == "file":
        return Path(urllib.request.url2pathname(parsed.path))
    if not parsed.scheme and Path(uri).exists():
        return Path(uri)
    raise RuntimeError(
        f"Found the address {uri}, expected file:// or a local copy of {name}: "
        f"put it into slicerhost.sample_data.local_copies[{name!r}]."
    )


def downloadSample(sampleName: str) -> Any:
    return SampleDataLogic().downloadSample(sampleName)


def downloadSamples(sampleName: str) -> list[Any]:
    return SampleDataLogic().downloadSamples(sampleName)


def downloadFromURL(**options: Any) -> list[Any]:
    return SampleDataLogic().downloadFromURL(**options)
