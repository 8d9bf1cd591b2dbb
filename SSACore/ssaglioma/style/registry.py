"""The methods by name. Nothing is imported before a method is asked for: the fast ones need no torch."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ssaglioma.errors import DatasetError, DeviceError
from ssaglioma.style.stylizer import Stylizer


@dataclass(frozen=True)
class Method:
    """A stylisation that can be asked for by name.

    Attributes
    ----------
    name : str
        Key in `METHODS`, as given to `--method`.
    title : str
        One line for people.
    citation : str
        The work that it follows.
    module, attribute : str
        Where its class is.
    needs_torch : bool
    needs_weights : bool
        Whether it must be given a trained network.
    """

    name: str
    title: str
    citation: str
    module: str
    attribute: str
    needs_torch: bool = False
    needs_weights: bool = False


def _learned(name: str, title: str, citation: str, module: str, attribute: str) -> Method:
    return Method(name, title, citation, f"ssaglioma.style.{module}", attribute, needs_torch=True, needs_weights=True)


_ADACONV = "Chandran et al. 2021"

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        method.name: method
        for method in (
            Method(
                "histogram",
                "Histogram matching",
                "Nyul et al. 2000, as in ITK",
                "ssaglioma.style.histogram",
                "HistogramStylizer",
            ),
            Method("nyul", "Landmarks of the histogram", "Nyul et al. 2000", "ssaglioma.style.nyul", "NyulStylizer"),
            Method(
                "fourier",
                "Low frequencies (FDA)",
                "Yang and Soatto 2020, arXiv:2004.05498",
                "ssaglioma.style.fourier",
                "FourierStylizer",
            ),
            _learned(
                "gatys",
                "Neural style transfer by optimisation",
                "Gatys et al. 2016; settings of arXiv:2501.04734",
                "gatys",
                "GatysStylizer",
            ),
            _learned("adain", "AdaIN", "Huang and Belongie 2017, arXiv:1703.06868", "adain", "AdaINStylizer"),
            _learned("rain", "RAIN: AdaIN with a style space", "Luo et al. 2020", "variational", "RainStylizer"),
            _learned("adaconv", "AdaConv: predicted kernels", _ADACONV, "adaconv", "AdaConvStylizer"),
            _learned(
                "adaconv_rain",
                "AdaConv with RAIN's style space",
                f"{_ADACONV}; Luo et al. 2020; joined here",
                "variational",
                "AdaConvRainStylizer",
            ),
            _learned(
                "adaconv_structure",
                "AdaConv that keeps boundaries",
                f"{_ADACONV}; 5 x 5 kernels and boundary loss of ours",
                "adaconv",
                "StructureAdaConvStylizer",
            ),
        )
    }
)


def find_method(name: str) -> Method:
    """Return a method by name.

    Raises
    ------
    DatasetError
        If no method has this name.
    """
    if name not in METHODS:
        raise DatasetError(f"The style method {name!r} is not known", expected=f"one of {sorted(METHODS)}")
    return METHODS[name]


def create_stylizer(name: str, **options: Any) -> Stylizer:
    """Build a stylizer by the name of its method; options go to its class (learned ones need `network`).

    Raises
    ------
    DatasetError
        If no method has this name, or the method does not know an option or lacks its network.
    DeviceError
        If the method needs PyTorch and it is not installed.
    """
    method = find_method(name)
    try:
        kind = getattr(importlib.import_module(method.module), method.attribute)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "torch":
            raise
        quick = sorted(one.name for one in METHODS.values() if not one.needs_torch)
        raise DeviceError(
            f"The style method {name!r} needs PyTorch, which is not installed",
            remedy=f"Install it, or take one of {quick}",
        ) from error
    try:
        return kind(**options)
    except TypeError as error:
        raise DatasetError(
            f"The style method {name!r} cannot be made with the options {sorted(options)!r} ({error})",
            expected="the options in the description of its class",
        ) from error
