"""Signal equations against values worked out by hand."""

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.mr import (
    TISSUE_MR,
    ContrastAgent,
    InversionRecovery,
    Mprage,
    SpinEcho,
    SpoiledGradientEcho,
    TissueMr,
    csf_nulling_ti_ms,
    draw_protocol,
    rooney_t1_ms,
)

TISSUE = TissueMr(t1_ms=1000, t2_ms=100, proton_density=0.8)


def test_spin_echo():
    # 0.8 (1 - e^-0.5) e^-0.2 = 0.8 * 0.393469 * 0.818731
    assert SpinEcho(500, 20).signal(TISSUE) == pytest.approx(0.257716, abs=1e-5)


def test_inversion_recovery():
    # 0.8 (1 - 2 e^-2.5 + e^-9) e^-1.2 = 0.8 * 0.835953 * 0.301194
    assert InversionRecovery(9000, 120, 2500).signal(TISSUE) == pytest.approx(0.201427, abs=1e-5)


def test_inversion_recovery_keeps_the_sign_before_the_null():
    assert InversionRecovery(9000, 100, 300).signal(TISSUE) < 0


def test_spoiled_gradient_echo():
    # E1 = e^-0.02 = 0.980199; sin 30 = 0.5, cos 30 = 0.866025: 0.8 * 0.5 * 0.0198013 / 0.151123 * e^-0.05
    assert SpoiledGradientEcho(20, 5, 30).signal(TISSUE) == pytest.approx(0.0498550, abs=1e-5)


def test_spoiled_gradient_echo_is_brightest_at_the_ernst_angle():
    ernst = np.rad2deg(np.arccos(np.exp(-20 / 1000)))
    signals = [SpoiledGradientEcho(20, 5, angle).signal(TISSUE) for angle in (ernst - 1, ernst, ernst + 1)]
    assert max(signals) == signals[1]


def test_mprage_with_hardly_any_excitation_is_an_inversion_recovery():
    # after inversion, with TR counted from inversion to inversion: 1 - 2 e^-TI/T1 / (1 + e^-TR/T1)
    sequence = Mprage(tr_ms=2300, ti_ms=900, te_ms=3, flip_degrees=0.001)
    expected = 0.8 * (1 - 2 * np.exp(-0.9) / (1 + np.exp(-2.3))) * np.sin(np.deg2rad(0.001)) * np.exp(-0.03)
    assert sequence.signal(TISSUE) == pytest.approx(expected, rel=1e-4)


def test_mprage_agrees_with_playing_it_pulse_by_pulse():
    sequence = Mprage(tr_ms=2300, ti_ms=900, te_ms=3, flip_degrees=9, echo_spacing_ms=7, echoes=160)
    cosine, decay = np.cos(np.deg2rad(9)), np.exp(-7 / 1000)
    m, centre = 1.0, 0.0
    for _ in range(30):
        m = 1 - (1 + m) * np.exp(-(900 - 560) / 1000)
        for pulse in range(160):
            if pulse == 80:
                centre = m
            m = 1 - (1 - m * cosine) * decay
        m = 1 - (1 - m) * np.exp(-(2300 - 900 - 560) / 1000)
    expected = 0.8 * centre * np.sin(np.deg2rad(9)) * np.exp(-0.03)
    assert sequence.signal(TISSUE) == pytest.approx(expected, rel=0.02)


def test_the_nulling_time_nulls():
    ti = csf_nulling_ti_ms(9000, 4300)
    # 4300 ln(2 / (1 + e^-2.093)) = 4300 * 0.576774
    assert ti == pytest.approx(2480.1, abs=1)
    assert InversionRecovery(9000, 100, ti).signal(TISSUE_MR["csf"]) == pytest.approx(0, abs=1e-9)


def test_the_agent_shortens_both_times():
    # 1/T1 = 1/1 s + 4.9 * 0.5 = 3.45 / s; 1/T2 = 10 + 6.5 * 0.5 = 13.25 / s
    enhanced = TISSUE.with_agent(0.5, ContrastAgent(r1=4.9, r2=6.5))
    assert enhanced.t1_ms == pytest.approx(289.855, abs=0.01)
    assert enhanced.t2_ms == pytest.approx(75.4717, abs=0.001)


@pytest.mark.parametrize(("field_t", "white", "grey"), [(3.0, 890, 1300), (1.5, 680, 1000)])
def test_t1_follows_the_field(field_t, white, grey):
    assert rooney_t1_ms(field_t, 0.00071, 0.382) == pytest.approx(white, abs=15)
    assert rooney_t1_ms(field_t, 0.00116, 0.376) == pytest.approx(grey, abs=15)
    assert TISSUE_MR["white"].at(field_t).t1_ms == pytest.approx(white, abs=15)
    assert TISSUE_MR["csf"].at(field_t).t1_ms == 4300


@pytest.mark.parametrize("seed", range(12))
def test_drawn_protocols_give_the_contrasts_that_radiologists_know(seed):
    protocol = draw_protocol(np.random.default_rng(seed))
    tissues = {name: tissue.at(protocol.field_t) for name, tissue in TISSUE_MR.items()}
    t1n, t2w, t2f = (
        {n: abs(s.signal(t)) for n, t in tissues.items()} for s in (protocol.t1n, protocol.t2w, protocol.t2f)
    )
    assert t1n["white"] > t1n["cortex"] > t1n["csf"]
    assert t2w["csf"] > t2w["ED"] > t2w["cortex"] > t2w["white"]
    assert t2f["ED"] > t2f["cortex"] > t2f["white"] > t2f["csf"]
    enhanced = protocol.t1c.signal(tissues["ET"].with_agent(tissues["ET"].uptake_mm, protocol.agent))
    assert enhanced > 1.05 * abs(protocol.t1c.signal(tissues["white"]))


@pytest.mark.parametrize(
    "make",
    [
        lambda: SpinEcho(10, 20),
        lambda: InversionRecovery(2000, 100, 2500),
        lambda: SpoiledGradientEcho(20, 5, 120),
        lambda: Mprage(2000, 300, 3, 9),
    ],
)
def test_sequences_that_cannot_be_played_are_refused(make):
    with pytest.raises(DatasetError, match="cannot be played"):
        make()


def test_impossible_tissue_and_field_are_refused():
    with pytest.raises(DatasetError, match="positive times"):
        TissueMr(-1, 80, 0.7)
    with pytest.raises(DatasetError, match="-3.0 T"):
        TISSUE.at(-3.0)
