from dataclasses import replace

import onnx
import pytest
from onnx import numpy_helper

from ssaglioma.cli.main import main
from ssaglioma.errors import ModelPackageError
from ssaglioma.packages import Package, read_package
from ssaglioma.packages.onnx_export import has_graph, onnx_model


@pytest.fixture
def package(package_folder):
    return read_package(package_folder)


def test_a_package_is_written_as_a_sound_onnx_model_with_its_own_weights(package):
    model = onnx.load_from_string(onnx_model(package))
    onnx.checker.check_model(model, full_check=True)
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    weights = package.weights()
    assert all((held[name] == weights[name]).all() for name in held) and len(held) == 92
    edges = model.graph.input[0].type.tensor_type.shape.dim
    assert [edges[0].dim_param, edges[1].dim_value] == ["batch", 4]


def test_a_network_of_torch_alone_is_refused_with_the_way_out(package):
    other = Package(package.folder, replace(package.card, network="dru_net_2d"))
    assert has_graph(package) and not has_graph(other)
    with pytest.raises(ModelPackageError, match=r"'dru_net_2d'.*cannot be written as ONNX.*ssaglioma\[torch\]"):
        onnx_model(other)


@pytest.mark.parametrize(
    "changes", [{"network": "nnunet_3d"}, {"channels": ("t1n", "t1c")}], ids=["network", "channels"]
)
def test_weights_of_another_network_are_refused(package, changes):
    with pytest.raises(ModelPackageError, match="do not fit the network"):
        onnx_model(Package(package.folder, replace(package.card, **changes)))


def test_the_command_line_writes_it_and_replaces_nothing_unasked(package, tmp_path, capsys):
    words = ["models", "export", str(package.folder), "--output", str(tmp_path / "tiny.onnx"), "--progress", "none"]
    assert main(words) == 0
    assert (tmp_path / "tiny.onnx").read_bytes() == onnx_model(package)
    assert main(words) == 2 and "exists" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0
    assert main(["models", "export", "mri-encoder", "--output", str(tmp_path / "b.onnx")]) == 2
    assert "of the kind 'encoder'" in capsys.readouterr().err
