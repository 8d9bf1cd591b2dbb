import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from ssaglioma.networks import CONFIGURATIONS, PlannedConfiguration
from ssaglioma.networks.graph import IMAGE
from ssaglioma.packages.onnx_file import onnx_bytes

THIN = {
    "dims": 2,
    "patch": (32, 32),
    "features": (4, 6, 8),
    "kernels": ((3, 3), (1, 3), (3, 3)),
    "strides": ((1, 1), (1, 2), (2, 2)),
    "encoder_blocks": (1, 2, 1),
    "decoder_convs": (1, 2),
}
DEEP = {
    "dims": 3,
    "patch": (8, 16, 16),
    "features": (3, 5),
    "kernels": ((1, 3, 3), (3, 3, 3)),
    "strides": ((1, 1, 1), (2, 2, 2)),
    "encoder_blocks": (1, 1),
    "decoder_convs": (1,),
}


def planned(**changes):
    return PlannedConfiguration(name="planned", citation="test", **{**THIN, "encoder": "plain", **changes})


def computed(configuration, image):
    """Logits of torch and of the written graph for the same random weights."""
    torch.manual_seed(2)
    network = configuration.build(in_channels=image.shape[1], out_channels=3).eval()
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.normal_(0.1, 0.3)
        expected = network(torch.from_numpy(image)).numpy()
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    model = onnx_bytes(configuration.graph(in_channels=image.shape[1], out_channels=3), weights)
    onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return expected, session.run(None, {IMAGE: image})[0]


@pytest.mark.parametrize(
    "configuration",
    [
        planned(),
        planned(encoder="residual"),
        planned(bias=False, affine=False, slope=0.0, epsilon=1e-3),
        planned(**DEEP),
        planned(**DEEP, encoder="residual"),
    ],
    ids=["plain", "residual", "bare units with ReLU", "plain 3D", "residual 3D"],
)
def test_the_graph_computes_what_the_network_computes(configuration):
    image = np.random.default_rng(1).normal(size=(2, 2, *configuration.patch)).astype(np.float32)
    expected, found = computed(configuration, image)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=2e-4 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("name", ["small_2d", "small_3d", "mask_3d", "nnunet_2d", "nnunet_3d"])
def test_named_networks_ask_for_the_tensors_that_their_weights_hold(name):
    configuration = CONFIGURATIONS[name]
    with torch.device("meta"):
        network = configuration.build(in_channels=4, out_channels=3)
    graph = configuration.graph(in_channels=4, out_channels=3)
    held = set(network.state_dict())
    unused = {name for name in held if name.startswith("decoder.seg_layers.")}
    assert set(graph.weights) <= held
    assert held - set(graph.weights) <= unused, "only the heads of deep supervision are left out"


def test_networks_that_nobody_wrote_down_have_no_graph():
    assert CONFIGURATIONS["dru_net_2d"].graph(in_channels=4, out_channels=3) is None
