"""MR contrast: tissue parameters, signal equations, protocols, and images made with them."""

from ssaglioma.synthesis.mr.protocol import Protocol, draw_protocol
from ssaglioma.synthesis.mr.randomised import RandomAppearance, draw_random_appearance, render_random
from ssaglioma.synthesis.mr.relaxation import (
    TISSUE_MR,
    ContrastAgent,
    TissueDraw,
    TissueMr,
    draw_tissues,
    rooney_t1_ms,
    tissues_at,
)
from ssaglioma.synthesis.mr.rendering import Appearance, render
from ssaglioma.synthesis.mr.sequences import (
    InversionRecovery,
    Mprage,
    PulseSequence,
    SpinEcho,
    SpoiledGradientEcho,
    csf_nulling_ti_ms,
)

__all__ = [
    "TISSUE_MR",
    "Appearance",
    "ContrastAgent",
    "InversionRecovery",
    "Mprage",
    "Protocol",
    "PulseSequence",
    "RandomAppearance",
    "SpinEcho",
    "SpoiledGradientEcho",
    "TissueDraw",
    "TissueMr",
    "csf_nulling_ti_ms",
    "draw_protocol",
    "draw_random_appearance",
    "draw_tissues",
    "render",
    "render_random",
    "rooney_t1_ms",
    "tissues_at",
]
