"""Model packages: a folder with weights in safetensors, a card in JSON and a digest of every file."""

from ssaglioma.packages.card import ModelCard
from ssaglioma.packages.package import ModelPackage, find_package, list_packages, read_package, write_package

__all__ = ["ModelCard", "ModelPackage", "find_package", "list_packages", "read_package", "write_package"]
