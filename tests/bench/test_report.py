"""What `make bench` makes of what it measured; no services here."""

from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from bench import __main__ as bench
from bench import picture, report
from bench.drive import LoadError
from bench.outcome import Goal, Outcome, ratio, ratios, void
from bench.pgbench import _read
from bench.rounds import Slice, interleaved, percentile, summed
from bench.scale import QUICK

FACTS = {"form": "quick", "cores": "2 x <CPU>"}


def an_outcome(*, errors: int = 0) -> Outcome:
    sides = {
        "Lulus": summed([Slice(100, 1.0, 0.4, [1.0, 2.0, 9.0]), Slice(100, 2.0, 0.4, [3.0])]),
        "bare": summed([Slice(100, 0.5, 0.1), Slice(100, 0.5, 0.2)]),
    }
    goals = [*ratios(sides, "bare", 0.45), Goal("round trips", 2, "≤", 2), Goal("seats & <more>", 0.0, "≥", 0.3)]
    return Outcome("autosave", "answers/s", "200 students", sides, goals, errors, 2.0, {"web": 80.4}, ["a note"])


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 0.5, None), ([7.0], 0.99, 7.0), ([3.0, 1.0, 2.0], 0.5, 2.0), ([float(n) for n in range(1, 101)], 0.99, 99.0)],
)
def test_percentiles_are_by_nearest_rank(values: list[float], share: float, found: float | None):
    assert percentile(values, share) == found


def test_ratios_are_medians_of_the_rounds_own():
    outcome = an_outcome()
    assert ratio(outcome.sides, "bare") == pytest.approx((0.5 + 0.25) / 2)
    assert [goal.found for goal in outcome.goals[:2]] == pytest.approx([0.375, 0.375])
    assert (outcome.sides["Lulus"].rate, outcome.sides["Lulus"].p99_ms) == (75.0, 9.0)


@pytest.mark.parametrize(
    ("goal", "is_met", "times"),
    [
        (Goal("rate", 0.9, "≥", 0.45), True, 2.0),
        (Goal("rate", 0.15, "≥", 0.30), False, 0.5),
        (Goal("ms", 50, "≤", 50), True, 1.0),
        (Goal("ms", 100, "≤", 50), False, 0.5),
        (Goal("lost", 0, "≤", 1), True, float("inf")),
    ],
)
def test_a_goal_is_met_or_missed_by_so_much(goal: Goal, is_met: object, times: float):
    assert (goal.is_met, goal.times) == (is_met, pytest.approx(times))


async def test_sides_are_measured_forth_and_back_after_a_warm_up():
    taken: list[str] = []

    def side(name: str):
        async def take() -> Slice:
            taken.append(name)
            return Slice(1, 1.0)

        return take

    found = await interleaved({name: side(name) for name in "ab"}, 3)
    assert "".join(taken) == "ababbaab"
    assert {name: len(slices) for name, slices in found.items()} == {"a": 3, "b": 3}


def test_the_summary_has_a_line_for_each_figure():
    rows = report.summary([an_outcome(), void("hall", "statuses {500: 1}")])
    assert [len(row) for row in rows] == [len(report.HEADS)] * 6
    first = dict(zip(report.HEADS, rows[1], strict=True))
    assert first["found"] == "0.375"
    assert (first["Lulus"], first["ceiling or peer"]) == ("75 answers/s", "200 answers/s")
    assert (first["errors"], first["peak MiB"], first["queries per request"]) == ("0", "web 80.4", "2")
    assert [row[4] for row in rows[1:]] == ["MISSED", "MISSED", "met", "MISSED", "VOID"]


def test_everything_is_told_in_words():
    told = report.text([an_outcome()], FACTS)
    assert "### autosave" in told
    assert "- a note" in told
    assert "void" not in told


def test_the_picture_has_a_bar_and_a_word_for_each_goal():
    drawn = ElementTree.fromstring(picture.svg([an_outcome(), void("hall", "x")], FACTS))
    words = [text.text or "" for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "1 of 4 goals met: found beside wanted" in words
    assert [word.split()[-1] for word in words if "(≥" in word or "(≤" in word] == ["MISSED", "MISSED", "met", "MISSED"]
    assert picture.place(1) == (picture.place(0) + picture.place(float("inf"))) / 2
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}rect"))) == 5


def test_figures_and_picture_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    figures, drawn = report.write([an_outcome()], FACTS)
    assert (figures.suffix, drawn.suffix, figures.stem) == (".json", ".svg", drawn.stem)
    kept = msgspec.json.decode(figures.read_bytes())
    assert kept["machine"] == FACTS
    assert kept["outcomes"][0]["goals"][2] == {"what": "round trips", "found": 2, "best": "≤", "wanted": 2}


async def test_a_failed_request_voids_the_run(monkeypatch: pytest.MonkeyPatch):
    class Workload:
        @staticmethod
        async def measure(*_: object) -> Outcome:
            raise LoadError("statuses {500: 1}")

    monkeypatch.setattr(bench.importlib, "import_module", lambda _: Workload)
    made = await bench.one("hall", None, QUICK)
    assert made.errors == 1
    assert report.verdict([an_outcome(), made]) == 1
    assert "The run is void: hall." in report.text([an_outcome(), made], FACTS)
    assert report.verdict([an_outcome()]) == 0  # missed goals are findings


def test_a_failed_transaction_voids_pgbench():
    told = "number of transactions actually processed: 9/10\nnumber of failed transactions: {} (0%)\ntps = 90.0 (x)\n"
    assert _read(told.format(0), [1.0] * 9, 0.1).seconds == pytest.approx(0.1)
    with pytest.raises(LoadError):
        _read(told.format(1), [], 0.1)
