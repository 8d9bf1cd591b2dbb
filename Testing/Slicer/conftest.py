"""Fixtures of the tests on a real MRML scene."""

from lib_scene import bare_scene  # noqa: F401
