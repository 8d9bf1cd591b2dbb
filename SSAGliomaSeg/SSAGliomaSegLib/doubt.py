"""Images of probability and doubt that a run leaves in the scene."""

from __future__ import annotations


class DoubtLogic:
    """Probability images of a result; part of `SSAGliomaSegLogic`."""

    def _probabilityNodes(self, result, anchor, probabilities: dict):
        """Make an image of the tumor's probability, and one of the doubt 4 p (1 - p), the largest of all regions."""
        import numpy as np

        from SSASlicerLib import subject_hierarchy, volumes

        if not probabilities:
            return None, None
        whole = next(iter(probabilities.values()))
        doubt = np.max([4 * volume.array * (1 - volume.array) for volume in probabilities.values()], axis=0)
        nodes = []
        for kind, array in (("probability", whole.array), ("doubt", doubt)):
            node = volumes.node_from_volume(whole.with_array(array.astype(np.float32)), f"{result.GetName()} {kind}")
            node.SetAttribute("SSAGlioma.made", kind)
            display = node.GetDisplayNode()
            display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeWarm1")
            display.AutoWindowLevelOff()
            display.SetWindowLevelMinMax(0.0, 1.0)
            display.SetThreshold(0.05, 1.0)
            display.ApplyThresholdOn()
            subject_hierarchy.place_beside(node, anchor)
            nodes.append(node)
        return tuple(nodes)

    def _percentNode(self, result, anchor, region: str, probabilities: dict):
        """Keep the probability of a region as whole per cents, out of the user's sight: for the report."""
        import numpy as np

        from SSASlicerLib import subject_hierarchy, volumes

        if region not in probabilities:
            return None
        percent = np.rint(100 * probabilities[region].array).astype(np.uint8)
        node = volumes.node_from_volume(
            probabilities[region].with_array(percent), f"{result.GetName()} probability {region} %"
        )
        node.SetAttribute("SSAGlioma.made", "percent")
        node.SetHideFromEditors(True)
        subject_hierarchy.place_beside(node, anchor)
        return node

    def regionProbabilities(self, parameters) -> dict:
        """Return the probabilities (0..1) of the shown result by region, as far as the scene keeps them."""
        import numpy as np

        from SSASlicerLib.volumes import volume_from_node

        kept = {"WT": parameters.probability, "TC": parameters.coreProbability, "ET": parameters.enhancingProbability}
        volumes = {region: volume_from_node(node) for region, node in kept.items() if node is not None}
        return {
            region: volume if region == "WT" else volume.with_array(volume.array.astype(np.float32) / 100)
            for region, volume in volumes.items()
        }
