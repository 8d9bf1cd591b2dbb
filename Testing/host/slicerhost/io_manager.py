"""`slicer.app.coreIOManager()`: what `slicer.util.load*`, `save*` and `exportNode` call."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import slicer

from .io_files import READERS, file_type, node_name

# the wheel's storage node of volumes lists none
VOLUME_FORMATS = [
    "NRRD (.nrrd)",
    "NRRD (.nhdr)",
    "MetaImage (.mha)",
    "MetaImage (.mhd)",
    "NIfTI (.nii.gz)",
    "NIfTI (.nii)",
]


class IOManager:
    """Reads and writes nodes and scenes; stands for qSlicerCoreIOManager and qSlicerIOManager."""

    def fileType(self, fileName: str) -> str:
        return file_type(str(fileName))

    def loadNodes(
        self, fileType: str, parameters: dict[str, Any], loadedNodes: Any = None, messages: Any = None
    ) -> bool:
        """Load a file; the nodes are added to `loadedNodes`.

        Raises:
            NotImplementedError: there is no reader of this type here.
        """
        # slicer.util hands over one dictionary for all calls: take what is of this call and leave it clean
        properties = dict(parameters)
        parameters.clear()
        path = str(properties["fileName"])
        if fileType not in READERS:
            raise NotImplementedError(f"Found the file type {fileType!r}, expected one of {sorted(READERS)}.")
        if not Path(path).exists():
            logging.error("No such file: %s", path)
            return False
        name = properties.get("name") or node_name(path, fileType)
        nodes = READERS[fileType](path, name, properties, messages)
        for node in nodes:
            if node is not None and loadedNodes is not None:
                loadedNodes.AddItem(node)
        return all(node is not None for node in nodes)

    def fileWriterFileType(self, node: Any) -> str:
        return node.GetNodeTagName() + "File"

    def saveNodes(self, fileType: str, parameters: dict[str, Any], messages: Any = None) -> bool:
        """Save the scene (SceneFile) or one node (`nodeID`) to `fileName`."""
        properties = dict(parameters)
        parameters.clear()
        path = str(properties["fileName"])
        if fileType == "SceneFile":
            return self._save_scene(path, messages)
        node = slicer.mrmlScene.GetNodeByID(properties["nodeID"])
        node.AddDefaultStorageNode(path)
        storage = node.GetStorageNode()
        return storage is not None and self._write(storage, node, path, properties)

    def saveScene(self, fileName: str, screenShot: Any = None, messages: Any = None) -> bool:
        return self._save_scene(str(fileName), messages)

    def exportNodes(
        self, nodeIDs: Any, fileNames: Any, parameters: Any, hardenTransforms: bool, messages: Any = None
    ) -> bool:
        """Write nodes to files without a change of their storage nodes."""
        options = parameters if isinstance(parameters, list) else [dict(parameters) for _ in nodeIDs]
        if isinstance(parameters, dict):
            parameters.clear()
        scene = slicer.mrmlScene
        done = True
        for node_id, path, properties in zip(nodeIDs, fileNames, options):
            done = self._export(scene.GetNodeByID(node_id), str(path), properties, hardenTransforms) and done
        return done

    def fileWriterExtensions(self, node: Any) -> list[str]:
        """Return the formats of a node as "Name (.ending)"."""
        storage = node.CreateDefaultStorageNode()
        if storage is None:
            return []
        storage.UnRegister(None)
        formats = storage.GetSupportedWriteFileTypes()
        listed = [formats.GetValue(index) for index in range(formats.GetNumberOfValues())]
        return listed or (VOLUME_FORMATS if node.IsA("vtkMRMLVolumeNode") else [])

    def extractKnownExtension(self, fileName: str, node: Any) -> str:
        """Return the longest ending of a file name that a node can be written with, or an empty text."""
        helper = slicer.vtkDataFileFormatHelper
        endings = [helper.GetFileExtensionFromFormatString(text) for text in self.fileWriterExtensions(node)]
        fitting = [ending for ending in endings if ending and str(fileName).lower().endswith(ending)]
        return max(fitting, key=len, default="")

    def completeSlicerWritableFileNameSuffix(self, node: Any) -> str:
        return self.extractKnownExtension(node.GetName() or "", node) or "."

    def _save_scene(self, path: str, messages: Any) -> bool:
        scene = slicer.mrmlScene
        if path.lower().endswith(".mrb"):
            return bool(scene.WriteToMRB(path, None, messages))
        if path.lower().endswith(".mrml"):
            scene.SetRootDirectory(str(Path(path).parent))
            scene.SetURL(path)
            return bool(scene.Commit(path, messages))
        Path(path).mkdir(parents=True, exist_ok=True)
        return bool(slicer.app.applicationLogic().SaveSceneToSlicerDataBundleDirectory(path, None, messages))

    def _write(self, storage: Any, node: Any, path: str, properties: dict[str, Any]) -> bool:
        storage.SetFileName(path)
        if "useCompression" in properties:
            storage.SetUseCompression(int(bool(properties["useCompression"])))
        return bool(storage.WriteData(node))

    def _export(self, node: Any, path: str, properties: dict[str, Any], harden: bool) -> bool:
        scene = slicer.mrmlScene
        copy = node
        if harden and node.GetParentTransformNode() is not None:
            copy = scene.CreateNodeByClass(node.GetClassName())
            copy.UnRegister(None)
            copy.SetHideFromEditors(True)
            scene.AddNode(copy)
            copy.CopyContent(node)
            copy.SetAndObserveTransformNodeID(node.GetTransformNodeID())
            copy.HardenTransform()
        storage = copy.CreateDefaultStorageNode()
        if storage is None:
            return False
        storage.UnRegister(None)
        storage.SetScene(scene)
        done = self._write(storage, copy, path, properties)
        if copy is not node:
            scene.RemoveNode(copy)
        return done
