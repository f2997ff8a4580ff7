"""Headings of a run's page, from figures given."""

from django.test import SimpleTestCase

from modeling.figures.words.description import (
    calibration_heading,
    confident_heading,
    confusion_heading,
    curve_heading,
    limit_sentence,
    memorized_heading,
    slices_heading,
    temperature_sentence,
)


def share(value, low=0.1, high=0.9, n=100):
    return {"value": value, "low": low, "high": high, "n": n}


def reliable(gap, p=0.001, error=0.06, loss=0.5):
    return {"error": share(error, 0.04, 0.08), "p": p, "gap": gap, "loss": loss, "bins": []}


TOO_SURE, NOT_SURE, BOTH = share(0.061, 0.049, 0.073), share(-0.087, -0.104, -0.07), share(0.001, -0.01, 0.01)


def calibrated(before, after=None, contested=None):
    return {"before": before, "after": after or before, "contested_before": contested, "temperature": 1.8,
            "least": 1.7, "most": 1.9}  # fmt: skip


class Headings(SimpleTestCase):
    def test_calibration(self):
        said = calibration_heading(calibrated(reliable(TOO_SURE)))
        assert said == "It is too sure: confidence is above accuracy by 6.1 points (4.9 to 7.3)"
        said = calibration_heading(calibrated(reliable(NOT_SURE), contested=reliable(TOO_SURE)))
        assert said == (
            "It is not sure enough: confidence is below accuracy by 8.7 points (7.0 to 10.4); "
            "on contested rows it is too sure by 6.1 points (4.9 to 7.3)"
        )
        assert "matches its accuracy, as far as 100 rows show" in calibration_heading(calibrated(reliable(BOTH, p=0.2)))
        assert "differ by 6.0\u00a0% on average" in calibration_heading(calibrated(reliable(BOTH)))

    def test_a_temperature_that_helps_and_one_that_does_not(self):
        before, after = reliable(TOO_SURE), reliable(BOTH, error=0.02, loss=0.4)
        said = temperature_sentence(calibrated(before, after))
        assert said.startswith("A temperature of 1.80 (1.70 to 1.90 over folds) would bring the calibration error from")
        assert "from 0.500 to 0.400; it changes no predicted class." in said
        worse = temperature_sentence(calibrated(before, reliable(BOTH, error=0.09, loss=0.4)))
        assert worse.startswith("One temperature for all rows does not correct it")

    def test_confusion(self):
        pairs = [{"label": "a", "predicted": "b", "count": 12, "share": share(0.12, 0.07, 0.2)}]
        assert confusion_heading({"pairs": pairs}) == (
            "It takes “a” for “b” most often: 12 of 100 rows (12.0\u00a0%, 7.0–20.0)"
        )
        assert confusion_heading({"pairs": []}) == "It gives every row it has not seen the class of its label"

    def test_slices_name_contested_rows_before_all_others(self):
        low = {"kind": "source", "level": "web", "apart": True, "right": share(0.5, 0.4, 0.6), "rest": share(0.9)}
        contested = {**low, "kind": "contested", "level": "contested", "right": share(0.7, 0.6, 0.8)}
        chance = {**low, "apart": False}
        assert slices_heading([low]) == (
            "It is right about 50.0\u00a0% of the rows from web (40.0–60.0) and 90.0\u00a0% of the others"
        )
        assert "of the contested rows" in slices_heading([low, contested])
        assert slices_heading([chance]).startswith("No slice is clearly worse")

    def test_confidently_wrong(self):
        assert confident_heading({"wrong": share(0.01, 0, 0.05)}) == (
            "On 1 row it is surer of another class than the labels allow (1.0\u00a0%, 0.0–5.0)"
        )
        assert confident_heading({"wrong": share(0.0)}).startswith("It is nowhere surer")

    def test_how_the_limit_was_made(self):
        found = {
            "disagreement": share(0.2, 0.1, 0.3),
            "limit": 0.88,
            "accuracy": 0.88,
            "of": "items with two or more answers",
        }
        by_rate = limit_sentence({**found, "basis": "disagreement"})
        assert by_rate.startswith("Of 100 items with two or more answers 20.0\u00a0% disagree (10.0–30.0); labels that")
        assert "more than the run’s own errors; the run gives 88.0" in limit_sentence({**found, "basis": "accuracy"})
        nothing = {**found, "disagreement": share(None, n=0)}
        assert limit_sentence({**nothing, "basis": "plain"}).startswith("No item has two answers, so nothing says")
        assert limit_sentence({**nothing, "basis": "accuracy"}).startswith("No item has two answers; the run gives")

    def test_no_disagreement_is_never_more_than_the_run_s_own_errors(self):
        none = {"disagreement": share(0.0, 0.0, 0.2, 15), "limit": 0.95, "accuracy": 0.95, "basis": "accuracy",
                "of": "near-duplicate groups"}  # fmt: skip
        assert limit_sentence(none) == (
            "Of 15 near-duplicate groups 0.0\u00a0% disagree (0.0–20.0), and so few cannot say how far labels can be "
            "trusted; the run gives 95.0\u00a0% of the labels unseen, so that they support that much: that is the "
            "limit."
        )

    def test_memory(self):
        described = {"corrected": 115, "problem": "", "fitted": share(1.0, 0.968, 1.0, 115), "held_out": share(0.913)}
        assert memorized_heading(described) == (
            "It had learned 100.0\u00a0% of the 115 labels corrected since (96.8–100.0); "
            "91.3\u00a0% it would have given unseen"
        )
        assert memorized_heading({"corrected": 0}) == "No label it learned from has been corrected since"
        assert memorized_heading({"corrected": 1, "problem": "gone"}).startswith("1 label was corrected since; whether")

    def test_what_more_labels_bring(self):
        expected = {"fits": True, "rises": True, "more": 600, "gain": 0.016, "low": 0.008, "high": 0.0175}
        assert curve_heading({"expected": expected}) == (
            "Another 600 labels would be expected to bring +1.6 points (+0.8 to +1.8)"
        )
        flat = curve_heading({"expected": {**expected, "rises": False, "low": -0.001}})
        assert (
            flat
            == "What another 600 labels would bring is not distinguishable from nothing: +1.6 points (−0.1 to +1.8)"
        )
        assert "follows no law" in curve_heading({"expected": {**expected, "fits": False, "rises": False}})
