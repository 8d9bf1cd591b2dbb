"""A network as a list of steps in the words of ONNX, laid out from its numbers alone: no torch, no weights.

The names of the tensors are those of the weights file, so that graph and file fit together as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ssaglioma.networks.forms import NNUNET_FORM, UnitForm

IMAGE, LOGITS = "image", "logits"
Attribute = int | float | tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One operator.

    Attributes
    ----------
    operator : str
        Its name in ONNX: Conv, ConvTranspose, InstanceNormalization, LeakyRelu, Relu, Concat, Add or AveragePool.
    inputs : tuple of str
        Results of earlier steps first, then tensors of the weights file or of `Graph.constants`.
    output : str
    attributes : mapping
    """

    operator: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """A network from `IMAGE`, (B, C, *spatial), to `LOGITS`, (B, R, *spatial).

    Attributes
    ----------
    dims, in_channels, out_channels : int
    steps : tuple of Step
        In the order of computing.
    weights : tuple of str
        Tensors that the weights file must hold.
    constants : mapping of str to (float, int)
        Tensors that no file holds: a value and how often it is repeated.
    """

    dims: int
    in_channels: int
    out_channels: int
    steps: tuple[Step, ...]
    weights: tuple[str, ...]
    constants: Mapping[str, tuple[float, int]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class UNetPlan:
    """A U-Net of nnU-Net's two kinds in numbers; level by level, full resolution first, `decoder_convs` deepest first.

    `residual` makes the encoder one of residual blocks (`encoder_blocks` of them on each level, behind a stem).
    """

    dims: int
    features: tuple[int, ...]
    kernels: tuple[tuple[int, ...], ...]
    strides: tuple[tuple[int, ...], ...]
    encoder_blocks: tuple[int, ...]
    decoder_convs: tuple[int, ...]
    form: UnitForm = NNUNET_FORM
    residual: bool = False


class GraphBuilder:
    """Collects steps; each method returns the name of its result."""

    def __init__(self, form: UnitForm) -> None:
        self.form = form
        self.steps: list[Step] = []
        self.weights: list[str] = []
        self.constants: dict[str, tuple[float, int]] = {}

    def add(self, operator: str, inputs: Sequence[str], *, output: str = "", **attributes: Attribute) -> str:
        """Add any step."""
        name = output or f"step{len(self.steps)}"
        self.steps.append(Step(operator, tuple(inputs), name, MappingProxyType(attributes)))
        return name

    def weighted(self, operator: str, image: str, owner: str, *, bias: bool, output: str = "", **how: Attribute) -> str:
        """Add a convolution of either kind with the tensors `owner`.weight and `owner`.bias."""
        tensors = [f"{owner}.weight", *([f"{owner}.bias"] if bias else [])]
        self.weights += tensors
        return self.add(operator, [image, *tensors], output=output, **how)

    def unit(
        self,
        image: str,
        owner: str,
        *,
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        channels: int,
        bias: bool | None = None,
        active: bool = True,
    ) -> str:
        """Add convolution, instance normalisation and leaky ReLU, as `blocks.ConvUnit`."""
        edges = tuple(edge // 2 for edge in kernel)
        convolved = self.weighted(
            "Conv",
            image,
            f"{owner}.conv",
            bias=self.form.bias if bias is None else bias,
            kernel_shape=kernel,
            strides=stride,
            pads=edges + edges,
        )
        if self.form.affine:
            tensors = [f"{owner}.norm.weight", f"{owner}.norm.bias"]
            self.weights += tensors
        else:
            tensors = [f"ones{channels}", f"zeros{channels}"]
            self.constants.update({tensors[0]: (1.0, channels), tensors[1]: (0.0, channels)})
        normal = self.add("InstanceNormalization", [convolved, *tensors], epsilon=self.form.epsilon)
        return self.activation(normal) if active else normal

    def activation(self, image: str) -> str:
        """Add the leaky ReLU of the network's form."""
        return self.add("LeakyRelu", [image], alpha=self.form.slope) if self.form.slope else self.add("Relu", [image])


def unet_graph(plan: UNetPlan, *, in_channels: int, out_channels: int) -> Graph:
    """Return the graph of `PlainConvUNet` or `ResidualEncoderUNet` for these numbers."""
    builder = GraphBuilder(plan.form)
    skips = _residual_encoder(builder, plan) if plan.residual else _plain_encoder(builder, plan)
    _decoder(builder, plan, skips)
    return Graph(
        plan.dims,
        in_channels,
        out_channels,
        tuple(builder.steps),
        tuple(builder.weights),
        MappingProxyType(builder.constants),
    )


def _plain_encoder(builder: GraphBuilder, plan: UNetPlan) -> list[str]:
    image, skips, ones = IMAGE, [], (1,) * plan.dims
    for level, width in enumerate(plan.features):
        for index in range(plan.encoder_blocks[level]):
            image = builder.unit(
                image,
                f"encoder.stages.{level}.0.convs.{index}",
                kernel=plan.kernels[level],
                stride=plan.strides[level] if index == 0 else ones,
                channels=width,
            )
        skips.append(image)
    return skips


def _residual_encoder(builder: GraphBuilder, plan: UNetPlan) -> list[str]:
    ones = (1,) * plan.dims
    channels, skips = plan.features[0], []
    image = builder.unit(IMAGE, "encoder.stem.convs.0", kernel=plan.kernels[0], stride=ones, channels=plan.features[0])
    for level, width in enumerate(plan.features):
        for index in range(plan.encoder_blocks[level]):
            stride = plan.strides[level] if index == 0 else ones
            owner = f"encoder.stages.{level}.blocks.{index}"
            kernel = plan.kernels[level]
            first = builder.unit(image, f"{owner}.conv1", kernel=kernel, stride=stride, channels=width)
            second = builder.unit(first, f"{owner}.conv2", kernel=kernel, stride=ones, channels=width, active=False)
            around, place = image, 0
            if stride != ones:
                around, place = builder.add("AveragePool", [around], kernel_shape=stride, strides=stride), 1
            if channels != width:
                around = builder.unit(
                    around, f"{owner}.skip.{place}", kernel=ones, stride=ones, channels=width, bias=False, active=False
                )
            image = builder.activation(builder.add("Add", [second, around]))
            channels = width
        skips.append(image)
    return skips


def _decoder(builder: GraphBuilder, plan: UNetPlan, skips: Sequence[str]) -> None:
    image, ones = skips[-1], (1,) * plan.dims
    for index, level in enumerate(range(len(plan.features) - 1, 0, -1)):
        stride = plan.strides[level]
        raised = builder.weighted(
            "ConvTranspose",
            image,
            f"decoder.transpconvs.{index}",
            bias=plan.form.bias,
            kernel_shape=stride,
            strides=stride,
        )
        image = builder.add("Concat", [raised, skips[level - 1]], axis=1)
        for number in range(plan.decoder_convs[index]):
            image = builder.unit(
                image,
                f"decoder.stages.{index}.convs.{number}",
                kernel=plan.kernels[level - 1],
                stride=ones,
                channels=plan.features[level - 1],
            )
    last = f"decoder.seg_layers.{len(plan.features) - 2}"
    builder.weighted("Conv", image, last, bias=True, output=LOGITS, kernel_shape=ones)
