"""The best points of each side: search, choice, confirmation, verdict, and what is said."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import spikewatt as sw
from spikewatt.analysis.design.best import kept
from spikewatt.analysis.design.deciding import deciding
from spikewatt.analysis.design.front import on_front
from spikewatt.analysis.design.interval import wilson
from spikewatt.analysis.design.ladders import ladders, points_of_a_run
from spikewatt.analysis.design.points import GOALS
from spikewatt.analysis.design.search import Bench, Sample, Search
from spikewatt.analysis.design.verdict import verdicts_of
from spikewatt.analysis.job import steps
from spikewatt.analysis.job.best import best
from spikewatt.analysis.job.config import make_config
from spikewatt.analysis.report.best.tables import best_table, points_table, verdict_lines
from spikewatt.analysis.report.figures.points import points_figure, spread_out
from spikewatt.analysis.report.figures.style import save
from spikewatt.analysis.report.prices import REFUSED, verdict_table
from spikewatt.analysis.report.sentence import energy_sentence, verdict_sentence
from spikewatt.energy.pricing.prices import Prices
from spikewatt.energy.pricing.uncertainty import Estimate
from spikewatt.errors import SpikewattError

SEARCHED = {
    "engine": "reference",
    "search_samples": 80,
    "test_samples": 100,
    "steps": 12,
    "accuracy_loss": [3.0, 5.0],  # wide, as a hundred images cannot tell less
}


@pytest.fixture(scope="module")
def config():
    return make_config(SEARCHED, "config")


@pytest.fixture(scope="module")
def prepared(config, mlp, digits):
    x = digits.scaled("test")[:100]
    labels = digits.y_test[:100]
    right = np.argmax(mlp.predict(x, verbose=0), axis=1) == labels
    calibration = digits.scaled("train")[:200]
    return steps.Prepared(digits, mlp, None, calibration, x, labels, float(right.mean()))


@pytest.fixture(scope="module")
def network(config, prepared):
    return steps.convert(config, prepared)


@pytest.fixture(scope="module")
def trace(config, prepared, network):
    return steps.simulate(config, prepared, network)


@pytest.fixture(scope="module")
def points(config, prepared, network, trace):
    found = best(config, prepared, network, trace)
    assert found is not None
    return found


# ------------------------------------------------------------------ search


def test_every_code_is_tried_where_a_device_executes_it(points):
    frame = points.frame
    codes = frame[frame["side"] == "snn"].groupby("device")["code"].unique().map(set)
    assert codes["odin_style"] == {"rate", "sync_rate"}
    assert codes["nrf54l15"] == {"rate", "signed", "radix", "sync_rate"}
    assert set(frame[frame["side"] == "int8_ann"]["device"]) == {"stm32l4r5", "nrf54l15"}
    assert frame["asked"].sum() == 5  # 12 steps on each device, the core with each host, too
    assert set(frame.loc[frame["asked"], "steps"]) == {12}


def test_a_shorter_run_is_the_point_that_a_longer_one_says(config, prepared, points):
    """Second way: the run of 7 steps itself, on validation images."""
    tried = next(p.network for p in points.points if p.network and p.network.steps == 7)
    assert tried.config.code == "rate"
    x = prepared.dataset.scaled("validation")[:80]
    run = sw.simulate(tried.network, x, "reference", 7)
    accuracy = run.accuracy(prepared.dataset.y_validation[:80])[-1]
    assert tried.accuracy == pytest.approx(accuracy)
    again, before = steps.price(config, run).totals(), tried.prices.totals()
    pd.testing.assert_frame_equal(again, before)


def test_the_cheapest_is_that_of_a_brute_force_search(points):
    """Every device and tolerance: nothing that keeps within from there on costs less."""
    checked = 0
    for number, tolerance in enumerate(points.tolerances):
        rows = pd.DataFrame(
            {
                "point": points.points,
                "device": [p.bill.device for p in points.points],
                "side": [p.workload for p in points.points],
            }
        )
        for _, group in rows.groupby(["device", "side"]):
            able = [p for p in group["point"] if _stays(p, group["point"], tolerance)]
            found = [p for p in group["point"] if p.chosen[number]]
            assert len(found) == (1 if able else 0)
            # Chosen by what validation images cost, and priced by test images afterwards.
            if found and found[0].network is not None:
                cost = [_validation_j(p) for p in able]
                assert _validation_j(found[0]) == min(cost)
                checked += 1
    assert checked >= 4


def _stays(point, group, tolerance) -> bool:
    if point.network is None:
        return point.loss_validation <= tolerance + 1e-9
    longer = [
        p
        for p in group
        if p.network.ladder == point.network.ladder and p.network.steps >= point.network.steps
    ]
    return all(p.loss_validation <= tolerance + 1e-9 for p in longer)


def _validation_j(point) -> float:
    return float(point.network.prices.bill(point.bill.device).total("snn"))


def test_kept_needs_every_longer_run():
    losses = [0.0, 0.6, 0.2, 0.4, 0.0, 0.9]
    ladder = [0, 0, 0, 0, 1, 1]
    assert kept(ladder, losses, 0.5).tolist() == [False, False, True, True, False, False]
    assert kept(ladder, losses, 1.0).all()
    assert kept([], [], 0.5).tolist() == []


def test_steps_of_a_long_run_are_thinned_out_and_hold_the_one_asked_for():
    many = points_of_a_run(10_000, 777)
    assert many[:32] == list(range(1, 33))
    assert 777 in many
    assert many[-1] == 10_000
    assert len(many) < 150


def test_trained_levels_are_tried_as_they_were_trained(config, prepared):
    trained = sw.build_network("mlp-64-48-10-qcfs4", (8, 8, 1), 10)
    rungs = [ladder.rungs for ladder in ladders(config, trained)]
    assert (None,) in rungs
    assert (None,) not in [ladder.rungs for ladder in ladders(config, prepared.model)]


def test_trained_levels_that_nobody_asked_for_are_not_asked_for(config, prepared):
    """Their ladder says no steps, as a configuration does that leaves them out."""
    trained = sw.build_network("mlp-64-48-10-qcfs4", (8, 8, 1), 10)
    images = Sample(prepared.x[:4], prepared.labels[:4], np.ones(4, bool))
    few = replace(prepared, model=trained)

    def asked_codes(asked) -> set[tuple[str, bool]]:
        bench = Bench(
            lambda other: steps.convert(other, few),
            lambda other, spiking, x: sw.simulate(spiking, x, "reference", other.simulated_steps),
            lambda trace: Prices((), None, {}),
        )
        tried = Search(asked, trained, bench, images).run()
        return {(point.config.code, point.config.steps is None) for point in tried if point.asked}

    assert asked_codes(config) == {("rate", False)}
    as_trained = make_config({**SEARCHED, "code": "sync_rate", "steps": None}, "config")
    assert asked_codes(as_trained) == {("sync_rate", True)}


def test_steps_of_a_layer_that_were_asked_for_are_a_point(prepared):
    asked = make_config({**SEARCHED, "code": "sync_rate", "steps": 9}, "config")
    network = steps.convert(asked, prepared)
    found = best(asked, prepared, network, steps.simulate(asked, prepared, network))
    assert found is not None
    rows = found.frame[found.frame["asked"]]
    assert set(rows["code"]) == {"sync_rate"}
    assert set(rows["steps"]) == {9}
    assert rows["accuracy"].notna().all()


# ------------------------------------------------------------------ confirmation


def test_test_images_confirm_what_was_chosen(prepared, points):
    frame = points.frame
    chosen = frame[frame["chosen_at"] != ""]
    assert len(chosen) >= 4
    assert chosen["accuracy"].notna().all()
    assert (chosen["samples"] == 100).all()
    point = next(p for p in points.points if p.network and any(p.chosen))
    tried = point.network
    t = tried.steps if tried.config.code == "rate" else None
    run = sw.simulate(tried.network, prepared.x, "reference", t)
    assert point.test.accuracy == pytest.approx(run.accuracy(prepared.labels)[-1])
    assert point.loss == pytest.approx(100 * (prepared.ann_accuracy - point.test.accuracy))


def test_what_its_device_refuses_on_test_images_is_not_confirmed(config, prepared, monkeypatch):
    """A core and the software of another device keep the period on validation images alone."""
    late = "one inference fits into the period"

    def refused_on_test_images(asked, trace) -> Prices:
        prices = steps.price(asked, trace)
        if trace.samples != len(prepared.x):
            return prices
        fitting = [bill for bill in prices.bills if not bill.device.startswith("odin_style")]
        bills = [
            replace(
                bill,
                terms=tuple(term for term in bill.terms if term.workload != "snn"),
                assumptions=(*bill.assumptions, f"{bill.device}: snn is left out: too long."),
            )
            if bill.device == "stm32l4r5"
            else bill
            for bill in fitting
        ]
        return Prices(tuple(bills), prices.period_s, {"odin_style+nrf54l15": late})

    monkeypatch.setattr("spikewatt.analysis.job.best.price", refused_on_test_images)
    few = config.model_copy(update={"search_samples": 30})
    network = steps.convert(few, prepared)
    found = best(few, prepared, network, steps.simulate(few, prepared, network))
    assert found is not None

    rows = found.frame[(found.frame["side"] == "snn") & (found.frame["chosen_at"] != "")]
    confirmed = rows["device"] == "nrf54l15"
    assert set(rows["device"]) > {"odin_style+nrf54l15", "nrf54l15", "stm32l4r5"}
    assert rows.loc[confirmed, "accuracy"].notna().all()
    assert rows.loc[~confirmed, ["accuracy", "loss", "samples"]].isna().all(axis=None)
    assert not rows.loc[~confirmed, "within"].any()
    assert not rows.loc[~confirmed, "on_front"].any()

    assert any(f"on odin_style+nrf54l15: {late}" in note for note in found.notes)
    assert any("stm32l4r5: snn is left out: too long." in note for note in found.notes)
    for verdict in verdicts_of(found):
        assert verdict.outcome == "refused"
        assert not verdict.spiking_within
        said = verdict_sentence(verdict)
        assert re.search(r"the spiking network \(.*\) is not confirmed on test images", said)
    assert len(points_table(found).cells())
    assert len(best_table(found).cells())


def test_the_front_is_that_of_what_can_decide(points):
    frame = points.frame
    able = frame[frame["decides"] & frame["accuracy"].notna()]
    assert (on_front(able, GOALS) == able["on_front"].to_numpy()).all()
    assert frame["on_front"].any()
    assert not frame.loc[frame["accuracy"].isna(), "on_front"].any()


def test_a_point_of_fewer_test_images_is_on_no_front_with_those_of_all(points):
    frame = points.frame
    best_index = int(frame[frame["on_front"]].index[-1])
    easy = points.points[best_index]
    easy = replace(easy, test=replace(easy.test, right=10, samples=10))
    others = [p for index, p in enumerate(points.points) if index != best_index]
    again = replace(points, points=(*others, easy)).frame
    assert again["accuracy"].iloc[-1] == 1.0
    assert not again["on_front"].iloc[-1]
    assert set(again.loc[again["on_front"], "samples"]) == {100}
    of_all = replace(points, points=tuple(others)).frame
    assert again["on_front"].iloc[:-1].tolist() == of_all["on_front"].tolist()


@pytest.mark.parametrize(("right", "samples"), [(0, 7), (7, 7), (349, 360), (5000, 10_000)])
def test_the_interval_is_that_of_scipy(right, samples):
    from scipy.stats import binomtest

    expected = binomtest(right, samples).proportion_ci(0.95, method="wilson")
    assert wilson(right, samples) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_an_interval_of_nothing_is_refused():
    with pytest.raises(SpikewattError, match="is a share of samples; got 3 of 2"):
        wilson(3, 2)
    with pytest.raises(SpikewattError, match="is a share of samples; got 0 of 0"):
        wilson(0, 0)


# ------------------------------------------------------------------ verdict


def test_the_verdict_compares_the_best_of_each_side(points):
    first = verdicts_of(points)[0]
    assert first.tolerance == 3.0
    assert first.int8
    assert first.spiking
    assert first.ratio
    assert first.int8.bill.device == "nrf54l15"
    assert first.spiking.on_a_core
    assert first.ratio.value == pytest.approx(first.spiking.energy_j / first.int8.energy_j)
    assert first.ratio.low < first.ratio.value < first.ratio.high


def _changed(points, side, loss):
    """The same points, all of one side with another loss on test images."""
    changed = []
    for point in points.points:
        if point.workload == side and point.test is not None:
            right = round((point.test.keras_accuracy - loss / 100) * point.test.samples)
            point = replace(point, test=replace(point.test, right=max(right, 0)))
        changed.append(point)
    return replace(points, points=tuple(changed))


@pytest.mark.parametrize("side", ["snn", "int8_ann"])
def test_a_side_that_test_images_do_not_confirm_is_no_winner(points, side):
    for loss in (4.0, 97.0):
        verdict = verdicts_of(_changed(points, side, loss))[0]
        assert verdict.outcome == "refused"
        assert verdict.winner is None
        assert verdict.ratio is None
        said = verdict_sentence(verdict)
        assert said.startswith("No winner within 3 points of Keras (")
        assert "Use" not in said
        assert f"loses {loss:g}" in said
        assert "on test images" in said


def test_a_tolerance_that_no_point_meets_names_the_nearest(points):
    """As of a search whose best loses 7 points on validation images."""
    lost = [
        replace(p, keeps=(False, False), chosen=(False, False), loss_validation=7.0)
        for p in points.points
        if p.workload == "snn"
    ]
    int8 = [p for p in points.points if p.workload == "int8_ann"]
    nearest = min((p for p in lost if p.on_a_core and p.decides), key=lambda p: p.energy_j)
    verdict = verdicts_of(replace(points, points=(*lost, *int8)))[0]
    assert verdict.spiking is nearest
    said = verdict_sentence(verdict)
    assert f"the spiking network that comes nearest ({nearest.network.config.code}" in said
    lost_on_test = 100 * (nearest.test.keras_accuracy - nearest.test.accuracy)
    assert f"loses {lost_on_test:g} points on test images" in said
    assert "int8 keeps within" in said


def test_a_network_that_is_always_wrong_is_told_nothing(points):
    wrong = [
        replace(
            p,
            keeps=(False, False),
            chosen=(False, False),
            loss_validation=97.0,
            test=replace(p.test, right=0) if p.test else None,
        )
        for p in points.points
    ]
    verdict = verdicts_of(replace(points, points=tuple(wrong)))[0]
    assert verdict.outcome == "refused"
    assert verdict_sentence(verdict).count(" loses ") == 2


def test_an_int8_network_that_cannot_be_executed_has_no_accuracy(points):
    unknown = [
        replace(p, test=None, keeps=(False, False), chosen=(False, False), loss_validation=np.nan)
        if p.workload == "int8_ann"
        else p
        for p in points.points
    ]
    found = replace(points, points=tuple(unknown))
    assert found.int8_accuracy is None
    assert verdict_sentence(verdicts_of(found)[0]).endswith("int8 has no accuracy.")


def test_every_outcome_has_its_words(points):
    first = verdicts_of(points)[0]
    assert first.int8
    assert first.int8.test
    assert first.spiking
    core = first.spiking.bill.device
    loses = verdict_sentence(replace(first, ratio=Estimate(11.7, 5.2, 31.0)))
    assert loses.startswith(
        "Use int8 on nrf54l15: 11.7 times less energy (5.2 to 31) than spikes on "
        f"{core}, at one inference a second. Accuracy: int8 "
    )
    wins = verdict_sentence(replace(first, ratio=Estimate(0.5, 0.25, 0.8), period_s=0.1))
    assert wins.startswith(
        f"Use spikes on {core}: 2.0 times less energy (1.2 to 4.0) than int8 on nrf54l15, "
        "at one inference every 100 ms. "
    )
    undecided = verdict_sentence(replace(first, ratio=Estimate(1.2, 0.5, 3.0), period_s=None))
    assert undecided.startswith(
        f"Undecided: spikes on {core} take 1.2 times (0.50 to 3.0) the energy of int8 on "
        "nrf54l15, for one inference. "
    )
    for said in (wins, undecided):
        accuracy = 100 * first.int8.test.accuracy
        assert f"{accuracy:.1f} %" in said
        assert "Keras" in said


def test_a_price_says_that_it_compares_no_accuracies(config, trace):
    said = energy_sentence(steps.price(config, trace))
    assert said.startswith("Int8 on nrf54l15 takes ")
    assert said.endswith("Accuracies are not known here and not compared.")
    assert energy_sentence(sw.price(trace, "odin_style")) == ""


def test_a_core_without_the_host_that_it_was_priced_with_decides_nothing(trace):
    alone = sw.price(trace, "odin_style", "nrf54l15", host=None)
    hosted = sw.price(trace, "odin_style", host="nrf54l15")
    assert deciding(alone.bills) == {"odin_style", "nrf54l15"}
    both = deciding([*alone.bills, *hosted.bills])
    assert "odin_style+nrf54l15" in both
    assert "odin_style" not in both
    assert deciding(sw.price(trace, "rule_ac_mac_45nm").bills) == set()


def test_a_table_of_verdicts_does_not_compare_what_is_less_accurate(config, trace):
    prices = steps.price(config, trace)
    plain = verdict_table(prices).frame
    table = verdict_table(prices, "Verdicts", {"snn": 90.0})
    against = plain["second"].str.endswith("int8_ann") & plain["first"].str.endswith("snn")
    assert against.any()
    assert not against.all()
    refused = table.frame["verdict"] == REFUSED
    unequal = plain["first"].str.split().str[-1] != plain["second"].str.split().str[-1]
    assert (refused == unequal).all()
    assert (table.frame["verdict_at_period"] == REFUSED).sum() == unequal.sum()
    assert "snn is 90.0 points less accurate than Keras" in table.title


# ------------------------------------------------------------------ what a reader sees


def test_tables_and_picture(points, tmp_path):
    table = points_table(points)
    assert len(table) == len(points)
    assert len(table.cells()) < len(points)
    heads = set(table.cells()[0])
    assert {"design", "accuracy (%)", "95 %", "points lost", "energy (µJ)"} <= heads
    rows = best_table(points).frame
    assert list(rows["accuracy_loss"]) == [3.0, 5.0]
    answer, besides, *others = verdict_lines(points).splitlines()
    assert f"{answer} {besides}" == rows["sentence"][0]
    assert answer.count(". ") == 0  # one sentence, to be read at a glance
    assert [line.partition(":")[0] for line in others] == ["Within 5 points"]

    picture = save(points_figure(points.frame, points.tolerances), tmp_path, "points")
    assert picture.stat().st_size > 10_000
    assert (tmp_path / "points.svg").stat().st_size > 10_000
    nothing = points.frame.assign(accuracy=np.nan)
    assert points_figure(nothing, points.tolerances).axes[0].texts


def test_labels_keep_their_distance():
    rng = np.random.default_rng(0)
    for many in (1, 3, 8, 12):
        wanted = sorted(rng.random(many) ** 3, reverse=True)
        places = spread_out(wanted, 0.08)
        assert (np.diff(places) <= -0.08 + 1e-9).all()
        assert min(places) >= 0
        assert max(places) <= 1
    assert spread_out([0.9, 0.5, 0.1], 0.08) == pytest.approx([0.9, 0.5, 0.1])


# ------------------------------------------------------------------ configuration


@pytest.mark.parametrize("value", [-0.1, 101, [0.5, -1], "half", True, None, float("nan")])
def test_a_tolerance_is_a_number_of_points(value):
    with pytest.raises(SpikewattError, match="accuracy_loss: is a number of points of percent"):
        make_config({"accuracy_loss": value}, "config")


def test_a_list_of_tolerances_is_not_empty():
    with pytest.raises(SpikewattError, match="accuracy_loss: .*; got none; allowed: 0 to 100"):
        make_config({"accuracy_loss": []}, "config")
    assert make_config({"accuracy_loss": 1}, "config").accuracy_loss == [1.0]
    assert make_config({"accuracy_loss": [1, 0.5]}, "config").accuracy_loss == [1.0, 0.5]
    with pytest.raises(SpikewattError, match="accuracy_loss: names each number once"):
        make_config({"accuracy_loss": [1, 0.5, 1.0]}, "config")


def test_no_search_where_no_samples_are_asked_for(prepared, network, trace):
    assert best(make_config({"search_samples": 0}, "config"), prepared, network, trace) is None


def test_points_without_a_run_need_validation_samples():
    asked = {"network": "mlp-64-4-10", "epochs": 1, "engine": "reference", "search_samples": 0}
    with pytest.raises(SpikewattError, match="best_points: needs validation samples"):
        sw.best_points(asked)


def test_a_device_that_is_too_slow_is_not_said_to_run_nothing(config, trace, points):
    slow = steps.price(config.model_copy(update={"period_s": 0.0011}), trace)
    assert slow.too_slow
    assert slow.too_slow <= set(slow.does_not_fit)
    assert {bill.device for bill in slow.bills}.isdisjoint(slow.too_slow)
    for device in slow.too_slow:
        assert "one inference fits into the period" in slow.does_not_fit[device]

    def nothing_in_time(trace):
        return steps.price(config.model_copy(update={"period_s": 1e-7}), trace)

    none = Bench(None, None, nothing_in_time).priced(trace, 1e-7)
    assert not none.bills
    assert {"odin_style", "stm32l4r5"} <= set(none.does_not_fit)
    assert none.too_slow <= set(none.does_not_fit)

    found = replace(points, refused=("odin", "stm32g0b1"), too_slow=frozenset({"stm32g0b1"}))
    said = verdict_sentence(verdicts_of(found)[0])
    assert said.endswith("It does not run on odin. It takes longer than the period on stm32g0b1.")


def test_a_point_that_takes_longer_than_the_period_has_no_price(config, prepared, network, trace):
    """The asked-for 12 steps fit into 3 ms, some others do not."""
    short = config.model_copy(update={"period_s": 0.003})
    found = best(short, prepared, network, trace)
    assert found is not None
    steps_of_rate = found.frame.query("code == 'rate' and device == 'odin_style'")["steps"]
    assert 12 in set(steps_of_rate)
    assert steps_of_rate.max() < 32
