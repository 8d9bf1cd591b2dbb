"""Model packages: a folder with weights in safetensors, a card in JSON and a digest of every file."""

from ssaglioma.packages.card import ModelCard
from ssaglioma.packages.nnunet_plan import NnunetPlan, ResamplingRule
from ssaglioma.packages.package import (
    ModelPackage,
    Package,
    StylePackage,
    find_package,
    find_package_of,
    list_all_packages,
    list_packages,
    read_any_package,
    read_package,
    write_package,
)
from ssaglioma.packages.style_card import BuiltInStyle, StyleCard

__all__ = [
    "BuiltInStyle",
    "ModelCard",
    "ModelPackage",
    "NnunetPlan",
    "Package",
    "ResamplingRule",
    "StyleCard",
    "StylePackage",
    "find_package",
    "find_package_of",
    "list_all_packages",
    "list_packages",
    "read_any_package",
    "read_package",
    "write_package",
]
