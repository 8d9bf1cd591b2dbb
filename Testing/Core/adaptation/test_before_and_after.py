"""The comparison of an earlier and a new model on numbers worked out by hand."""

import pytest

from ssaglioma.adaptation.check import SafetyLimits, compare_scores
from ssaglioma.errors import DatasetError


def document(**cases):
    """Cases by name: (Dice of WT, Dice of ET or None if the case has no ET, volume found there in ml)."""
    rows = []
    for name, (whole, enhancing, found_ml) in cases.items():
        regions = {
            "WT": {"dice": whole, "empty": "none", "volume_prediction_ml": 20.0},
            "ET": {
                "dice": 1.0 if enhancing is None and found_ml == 0 else (enhancing or 0.0),
                "empty": "none" if enhancing is not None else ("both" if found_ml == 0 else "reference"),
                "volume_prediction_ml": found_ml,
            },
        }
        rows.append({"case": name, "regions": regions})
    return {"cases": rows}


BEFORE = document(a=(0.80, 0.60, 5), b=(0.70, 0.50, 4), c=(0.90, None, 0))
REGIONS = ("WT", "ET")


def verdict_of(after, **limits):
    return compare_scores(BEFORE, after, REGIONS, SafetyLimits(**limits))


def test_a_better_model_is_accepted_with_its_means():
    verdict = verdict_of(document(a=(0.85, 0.70, 5), b=(0.75, 0.52, 4), c=(0.92, None, 0)))
    assert verdict.accepted and verdict.reasons == ()
    assert verdict.regions["WT"].mean_before == pytest.approx(0.80)
    assert verdict.regions["WT"].change == pytest.approx(0.04)
    assert verdict.regions["ET"].change == pytest.approx(0.06), "the case without ET does not count"
    assert verdict.mean_change == pytest.approx(0.05)
    assert verdict.case_count == 3 and len(verdict.regions["ET"].before) == 2


def test_the_same_scores_are_accepted():
    assert verdict_of(BEFORE).accepted


def test_a_region_that_falls_too_far_is_refused_and_says_by_how_much():
    verdict = verdict_of(document(a=(0.95, 0.55, 5), b=(0.95, 0.45, 4), c=(0.95, None, 0)))
    assert not verdict.accepted
    fell = "The mean Dice of enhancing tumor (ET) over 2 held-out cases fell from 0.550 to 0.500, by 0.050"
    assert verdict.reasons == (f"{fell}; at most 0.020 is allowed.",)


def test_a_model_worse_on_the_whole_is_refused_however_little():
    worse = document(a=(0.80, 0.564, 5), b=(0.70, 0.50, 4), c=(0.90, None, 0))
    verdict = verdict_of(worse)
    assert verdict.reasons == ("The mean Dice of all regions fell from 0.675 to 0.666, by 0.009; no fall is allowed.",)
    assert verdict_of(worse, mean_drop=0.01).accepted


def test_a_fall_too_small_for_three_digits_is_still_shown():
    verdict = verdict_of(document(a=(0.80, 0.5999, 5), b=(0.70, 0.50, 4), c=(0.90, None, 0)))
    assert not verdict.accepted and "by 0.000025" in verdict.reasons[0]


def test_one_case_that_falls_far_is_refused_though_the_means_rise():
    verdict = verdict_of(document(a=(0.65, 0.90, 5), b=(0.90, 0.80, 4), c=(0.99, None, 0)))
    assert verdict.reasons == (
        "The Dice of whole tumor (WT) in the case a fell from 0.800 to 0.650, by 0.150; at most 0.100 is allowed.",
    )


def test_tumour_found_where_there_is_none_is_refused():
    verdict = verdict_of(document(a=(0.85, 0.70, 5), b=(0.75, 0.52, 4), c=(0.92, None, 1.5)))
    (reason,) = verdict.reasons
    said = "In the case c, which has no enhancing tumor (ET), the volume found rose from 0.0 to 1.5 ml, by 1.5 ml;"
    assert reason.startswith(said)
    assert "at most 1.0 ml is allowed" in reason
    assert verdict_of(document(a=(0.85, 0.70, 5), b=(0.75, 0.52, 4), c=(0.92, None, 1.5)), false_volume_ml=2).accepted


def test_a_region_that_no_case_holds_is_not_checked_and_said_so():
    empty = document(a=(0.8, None, 0))
    verdict = compare_scores(empty, empty, REGIONS)
    assert verdict.accepted and verdict.unchecked == ("ET",) and set(verdict.regions) == {"WT"}


def test_nothing_to_check_on_is_a_refusal():
    empty = document(a=(0.8, None, 0))
    verdict = compare_scores(empty, empty, ("ET",))
    assert not verdict.accepted and "nothing can be said" in verdict.reasons[0]


@pytest.mark.parametrize("after", [document(a=(0.8, 0.6, 5)), {"cases": []}])
def test_scores_of_other_cases_are_not_compared(after):
    with pytest.raises(DatasetError, match="same held-out cases"):
        verdict_of(after)


def test_cases_are_counted_as_better_same_or_worse():
    change = verdict_of(document(a=(0.85, 0.60, 5), b=(0.704, 0.50, 4), c=(0.80, None, 0))).regions["WT"]
    assert (change.count(1), change.count(0), change.count(-1)) == (1, 1, 1)


@pytest.mark.parametrize("value", [-0.1, float("nan")])
def test_a_limit_below_0_is_refused(value):
    with pytest.raises(DatasetError, match="case_drop"):
        SafetyLimits(case_drop=value)
