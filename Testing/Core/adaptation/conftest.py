"""Fixtures of the tests of transfer."""

from tiny_domains import domain_of, source, target, transfer  # noqa: F401
