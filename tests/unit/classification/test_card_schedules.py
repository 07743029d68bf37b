"""How many times cells are given, and how far apart: the wordings and traps met in records, in made-up words."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules.cards.material import Material
from apps.classification.rules.cards.schedules import extract_schedules, given_repeatedly
from apps.classification.rules.reading import Reading
from apps.studies.records import Outcome, OutcomesModule
from tests.unit.classification.designs import designed, quoted
from tests.unit.classification.timing import LIMIT, seconds

MSC = "Mesenchymal stem cells"


def labels(text="", *, title=MSC, kinds=("msc",), outcomes=(), **parts):
    """The labels of a record; `text` is the description of the intervention by which the cells are given."""
    if text:
        parts.setdefault("interventions", [("BIOLOGICAL", MSC, text)])
    material = designed(title, kinds=kinds, **parts)
    if outcomes:
        module = OutcomesModule(primary_outcomes=tuple(Outcome(measure=text) for text in outcomes))
        protocol = msgspec.structs.replace(material.record.protocol, outcomes=module)
        record = msgspec.structs.replace(material.record, protocol=protocol)
        material = Material(record, Reading(record), frozenset(kinds))
    found = list(extract_schedules(material))
    assert quoted(material, found)
    return found


def times(text="", **parts):
    return {label.value for label in labels(text, **parts) if label.scheme == "administrations"}


def intervals(text="", **parts):
    return {label.value for label in labels(text, **parts) if label.scheme == "interval"}


# One time


@pytest.mark.parametrize(
    "text",
    [
        "A single infusion of MSC",
        "a single intravenous infusion of the cells",
        "Single dose of MSC",
        "single-dose MSC by vein",
        "one injection of MSC into the knee",
        "One single dose of allogeneic MSC",
        "one time infusion of MSC",
        "a one-time infusion of MSC",
        "MSC are infused once.",
        "MSC are given only once.",
        "1x10^6 MSC/kg, intravenously once",
        "1x10^6 MSC/kg, once",
        "IV 1x10^6 MSCs once, and a nasal spray for 30 days",
        "one dosis of MSC",
        "Single injections of 10 million MSC in every disc",
        "15 injections of MSC around the scar (single procedure)",
        "A single injection : 10 million MSC",
        "One infusion of islets plus MSC",
    ],
)
def test_once(text):
    assert times(text) == {"1"}


@pytest.mark.parametrize(
    "text",
    [
        "1x10^8 MSC intravenously, once-off, over an hour",
        "1x10^7 MSC in 2 cc saline once at baseline",
        "MSC as an intravenous infusion once in Phase I",
        "MSC, single IV, 1x10^6 cells/kg",
        "MSC in four points around the ulcer (once: day 0)",
        "The nurse administers the MSC once and leaves",
    ],
)
def test_once_in_other_words(text):
    assert times(text) == {"1"}


def test_once_or_twice_is_a_range():
    assert times("MSC once or twice with two week interval") == {"1-2"}


def test_single_dose_among_the_words_of_a_design():
    assert times(title="A two-arms, single-dose, open-label trial of mesenchymal stem cells") == {"1"}


def test_singular_alone_does_not_say_once():
    assert times("Infusion of MSC by vein") == set()
    assert times("MSC are given as an infusion at a dose of 1x10^6/kg.") == set()


def test_single_that_counts_something_else():
    assert times("MSC in a single-centre, single-blind trial with a single group") == set()
    assert times("MSC at one of three doses in one treatment arm") == set()
    assert times("MSC; one time point is analysed") == set()


def test_day_of_the_infusion_alone_is_a_doubt():
    (label,) = labels("MSC are infused on day 0.")
    assert (label.value, label.doubtful) == ("1", True)


# Several times


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Two infusions of MSC", "2"),
        ("MSC are given in three intrathecal injections.", "3"),
        ("MSC are injected twice.", "2"),
        ("MSC are infused 4 times.", "4"),
        ("a total of 3 infusions of MSC", "3"),
        ("a total of twelve MSC infusion of 200 million cells", "12"),
        ("3-5 doses of MSC", "3-5"),
        ("two to four infusions of MSC", "2-4"),
        ("at least two infusions of MSC", ">=2"),
        ("up to three infusions of MSC", "1-3"),
        ("MSC, infusion number: 8", "8"),
        ("5 injections of MSC per patient", "5"),
        ("two single intravenous doses of MSC", "2"),
        ("MSC once a week for 4 weeks", "4"),
        ("MSC infused every 2 weeks for 8 weeks", "4"),
        ("3 consecutive monthly infusions of MSC", "3"),
        ("MSC weekly for 4 consecutive weeks", "4"),
        ("MSC twice per week for 2 weeks", "4"),
        ("MSC are infused on day 0 and day 28.", "2"),
        ("MSC on days 0, 7 and 14", "3"),
        ("MSC at baseline and 3 months", "2"),
        ("MSC at week 0, week 4 and week 8", "3"),
        ("First infusion of MSC at start, the second dose of MSC at week 4", "2"),
        ("MSC by vein, repeated after 4 weeks", "2"),
        ("MSC are infused, and again after 3 months.", "2"),
        ("After 6 months they are treated with MSC once again.", "2"),
        ("IV infusion of MSC followed by intrathecal injection at day 28", "2"),
        ("one prenatal dose of MSC followed by three doses after birth", "4"),
        ("second and third doses of MSC 3 and 6 months after the first infusion", "3"),
    ],
)
def test_several_times(text, value):
    assert times(text) == {value}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Three i.v. infusions of MSC", "3"),
        ("MSC monthly x3", "3"),
        ("MSC at 1x10^6/kg x3", "3"),
        ("MSC at 1x10^6/kg x 4 doses", "4"),
        ("MSC are infused on each of 3 consecutive days", "3"),
        ("MSC infusions are given on the 1st, 3rd, 5th, 7th and 9th days", "5"),
        ("MSC in 6 divided doses, at intervals of 1 week", "6"),
    ],
)
def test_several_times_in_other_words(text, value):
    assert times(text) == {value}


def test_factor_of_a_dose_is_no_count():
    assert times("MSC weekly x 10^6 cells") == times("MSC at 1 ml/kg x 5 ml") == set()


def test_divided_doses_of_one_sitting():
    assert times("MSC in 20 divided doses to 15 parts of the muscle") == set()


def test_three_times_every_week_and_three_times_every_week_in_all():
    text = "MSC are given intrathecally three times, every 8 weeks."
    assert (times(text), intervals(text)) == ({"3"}, {"56"})
    text = "MSC, total of 3 doses every 2 weeks"
    assert (times(text), intervals(text)) == ({"3"}, {"14"})


def test_first_part_of_a_plan_of_several_rates_is_no_count():
    text = "6 times MSC. The first to fourth is given once a week for 4 weeks, then the last two every two weeks."
    assert times(text) == {"6"}


def test_fluid_in_which_cells_are_given_is_not_what_is_given():
    assert times("1x10^8 MSC in 200 ml of normal saline, one dose") == {"1"}
    assert times("MSC. Hyaluronic acid in three injections") == set()


def test_cells_under_a_code():
    parts = {"title": "A trial of ABC-12", "summary": "ABC-12 are mesenchymal stem cells."}
    told = "ABC-12 is given 3 times with 2-week intervals at weeks 0, 2 and 4 (visits 2, 3 and 4)."
    assert times(interventions=[("BIOLOGICAL", "ABC-12", told)], **parts) == {"3"}


def test_sentence_that_names_nothing_where_only_cells_are_given():
    text = "Cells come from marrow of adults. Enrolment takes a year. Three infusions one month apart."
    only = [("BIOLOGICAL", MSC, ""), ("OTHER", "Placebo", "")]
    assert {label.doubtful for label in labels(summary=text, interventions=only)} == {True}
    assert times(summary=text, interventions=only) == {"3"}
    assert intervals(summary=text, interventions=only) == {"30"}
    assert times(summary=text, interventions=[*only, ("DRUG", "Abatacept", "")]) == set()
    assert times(summary="Observation for a month, then 2 infusions.", interventions=only) == {"2"}


def test_arms_with_one_and_with_two_doses():
    parts = {
        "arms": [
            ("EXPERIMENTAL", "One", "One injection of MSC", ()),
            ("EXPERIMENTAL", "Two", "Two injections of MSC", ()),
        ]
    }
    found = [label for label in labels(**parts) if label.scheme == "administrations"]
    assert [(label.value, label.detail["arms"]) for label in found] == [("1", [0]), ("2", [1])]


def test_alternatives_are_two_counts():
    assert times("MSC in a single- or double-dose injection") == {"1", "2"}
    assert times("MSC one or three times") == {"1", "3"}
    assert times("one or two infusions of MSC") == {"1", "2"}


def test_one_of_two_infusions_is_a_placebo():
    assert times("MSC: two infusions, one with the cells and one without") == {"1"}
    assert times("One infusion of MSC followed by one infusion of placebo") == {"1"}


def test_two_routes_one_after_the_other_is_a_doubt():
    (label,) = labels("one intravenous infusion of MSC followed by one intrathecal injection")
    assert (label.value, label.doubtful) == ("2", True)


def test_total_of_what_the_rest_of_the_sentence_counts_in_parts():
    text = "A total of 4 infusions of MSC, two infusions each month"
    assert times(text) == {"4"}


# Times that may follow


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("One infusion of MSC. If there is no response, a second infusion of MSC is given.", "1-2"),
        ("MSC are injected, with a possible repeat injection at 3 months.", "1-2"),
        ("MSC are applied. Up to 2 additional applications are possible.", "1-3"),
        ("Two doses of MSC. A third dose of MSC may be given on day 15.", "2-3"),
        ("One infusion of MSC, with the option to receive an additional 3 infusions", "1-4"),
    ],
)
def test_times_that_may_follow(text, value):
    assert times(text) == {value}


def test_additional_doses_without_a_condition_are_part_of_the_count():
    text = "Four doses of MSC, the first as soon as possible, the three additional doses at 4, 8 and 12 months"
    assert times(text) == {"4"}


def test_retreatment_that_is_only_allowed():
    assert times("A single dose of MSC; retreatment is possible after relapse") == {"1"}


# What is counted is not the cells


@pytest.mark.parametrize(
    "text",
    [
        "MSC. Methotrexate is taken once a week for 12 weeks.",
        "MSC are compared with three injections of hyaluronic acid.",
        "MSC at three dose levels, in two different doses",
        "MSC: 2 treatment groups in two phases",
        "Patients who get MSC are seen at day 1, month 1 and month 3 after treatment.",
        "MSC for patients with two treatments of rituximab",
        "MSC. In a 1:1 fashion, treatment or placebo",
        "20 injections of MSC at 20 sites of the myocardium",
        "MSC divided into 10 injections",
        "MSC for people who do not qualify for a second transplantation",
        "MSC; the third kidney transplant patient is watched longer",
        "On each of these visits the subject will receive one infusion of MSC.",
        "MSC in patients who have received at least one dose of rituximab",
        "MSC; the cells are washed twice",
        "MSC. Day 60, 100 and 180 (blood samples)",
        "MSC in twice the dose",
    ],
)
def test_not_the_cells(text):
    assert times(text) == set()


def test_sixth_month_is_no_sixth_time():
    assert times("Sixth month after the second implantation of MSC: MRI") == {"2"}


def test_days_of_measurement_are_not_days_of_giving():
    text = (
        "They are treated with MSC. Immunological analysis is performed at 4 time points (day 1, month 1, month 3 and "
        "month 6) following the first MSC treatment."
    )
    assert labels(summary=text) == []


def test_visits_and_blood_samples():
    text = "MSC are infused. Patients are followed at weeks 1, 4 and 12, and blood is drawn on day 0, 7 and 14."
    assert times(summary=text) == set()


def test_followed_by_a_doctor_and_followed_by_an_infusion():
    text = "After transplantation of MSC participants are followed by the neurologist monthly for 30 months."
    assert labels(summary=text) == []
    assert times("MSC by vein followed by one infusion of MSC after 4 weeks") == {"2"}


def test_other_studies_and_animals():
    assert times(summary="Mice that receive three injections of MSC live longer.") == set()


def test_description_is_read_where_arms_are_silent():
    assert times(summary="Patients receive two infusions of MSC.") == {"2"}
    assert times("Three infusions of MSC", summary="Patients receive two infusions of MSC.") == {"3"}


def test_outcomes_are_read_where_nothing_else_tells():
    (label,) = labels(outcomes=["Adverse events after a single injection of MSC"], summary="MSC are injected.")
    assert (label.value, label.rule, label.doubtful) == ("1", "administrations-in-outcome", True)
    assert labels(outcomes=["Walking one year after treatment", "Three scores"], summary="MSC are injected.") == []


# Days between


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("two infusions of MSC two weeks apart", "14"),
        ("MSC at 4-week intervals", "28"),
        ("MSC, with an interval of 3 months", "90"),
        ("MSC infusions separated by 30 days", "30"),
        ("MSC once a week for 4 weeks", "7"),
        ("MSC every other week for 8 weeks", "14"),
        ("MSC monthly for 3 months", "30"),
        ("MSC every 3 months", "90"),
        ("MSC at intervals of 6-12 months", "180-360"),
        ("MSC on day 0 and day 28", "28"),
        ("MSC, repeated after 4 weeks", "28"),
        ("After 6 months they get MSC once again.", "180"),
        ("MSC by vein, the second infusion 3 months after the first", "90"),
    ],
)
def test_interval(text, days):
    assert intervals(text) == {days}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("3 daily doses of MSC", "1"),
        ("Two weekly infusions of MSC", "7"),
        ("MSC are infused on each of 3 consecutive days", "1"),
        ("Three doses of MSC 48 hours apart", "2"),
        ("Two doses of MSC given at a distance of 1 month", "30"),
    ],
)
def test_interval_in_other_words(text, days):
    assert intervals(text) == {days}


def test_rate_of_a_drug_in_a_title_beside_cells():
    assert intervals(title="MSC versus monthly cyclophosphamide", kinds=("msc",)) == set()


def test_unequal_intervals():
    assert intervals("MSC on days 0, 7 and 21") == {"7", "14"}


def test_cells_or_placebo_a_month_apart():
    assert intervals("Three infusions of MSC or placebo, one month apart") == {"30"}
    assert intervals("MSC, and placebo one month apart") == set()


def test_weeks_of_infusions_that_are_as_many_as_those_of_the_cells():
    parts = {"interventions": [("BIOLOGICAL", "MSC", "Three infusions of MSC"), ("DRUG", "Saline", "by vein")]}
    described = "Infusions at weeks 0, 4 and 12. The last visit is at week 52."
    found = labels(description=described, **parts)
    assert [(one.value, one.doubtful) for one in found if one.scheme == "interval"] == [("28", True), ("56", True)]
    assert intervals(description="Infusions at weeks 0, 4, 8 and 12.", **parts) == set()


def test_least_interval_is_a_doubt():
    (label,) = [one for one in labels("MSC infusions separated by at least 30 days") if one.scheme == "interval"]
    assert (label.value, label.doubtful) == ("30", True)


def test_interval_of_visits():
    assert intervals("MSC. Patients are examined every 3 months.") == set()


# Kinds, details


def test_transplantation_of_blood_forming_cells():
    found = labels(
        title="Autologous hematopoietic stem cell transplantation",
        kinds=("hsc",),
        summary="A single hematopoietic stem cell transplantation is performed.",
    )
    assert [(label.value, label.detail["kind"]) for label in found] == [("1", "hsc")]


def test_detail():
    (label,) = labels("At least 2 infusions of MSC")
    assert label.detail == {"kind": "msc", "low": 2, "high": None, "bound": "at-least", "arms": []}


def test_given_repeatedly():
    assert given_repeatedly(designed(MSC, interventions=[("BIOLOGICAL", MSC, "up to 3 infusions of MSC")]))
    assert not given_repeatedly(designed(MSC, interventions=[("BIOLOGICAL", MSC, "one infusion of MSC")]))


# Any text

_WORDS = st.sampled_from(
    [
        *(
            "MSC",
            "cells",
            "single",
            "one",
            "two",
            "3",
            "infusion",
            "doses",
            "of",
            "times",
            "once",
            "weekly",
            "for",
            "weeks",
        ),
        *(
            "day",
            "0",
            "7",
            "and",
            "month",
            "every",
            "apart",
            "interval",
            "repeated",
            "after",
            "followed by",
            "again",
            "if",
        ),
        *("second", "additional", "up to", "placebo", "(", ")", ",", ".", "\n", "-", "±", "\ud800", "é", ":"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_WORDS, max_size=60).map(" ".join), st.text(max_size=60))
def test_any_text_gives_quotable_labels(words, noise):
    found = labels(
        kinds=("hsc", "msc"),
        summary=words + noise,
        outcomes=[words],
        arms=[("EXPERIMENTAL", noise, words, ["X"]), ("EXPERIMENTAL", words, noise, [])],
        interventions=[("BIOLOGICAL", "X", words), ("DRUG", words, noise)],
    )
    assert len({(label.scheme, label.value, label.detail["kind"]) for label in found}) == len(found)
    assert all(1 <= label.detail["low"] < (label.detail["high"] or 31) for label in found if "low" in label.detail)


@pytest.mark.parametrize("place", ["arm", "description"])
@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a",
            "1",
            "0, ",
            "1, ",
            " ",
            "(",
            "day 1 ",
            "day 0, ",
            "0,7,",
            "one ",
            "two infusions ",
            "two a-b ",
            "single (a ",
        ),
        *(
            "once ",
            "infused once ",
            "giv ",
            "every 4 weeks for ",
            "weekly for ",
            "second ",
            "2 weeks apart ",
            "interval of ",
        ),
        *(
            "repeated at ",
            "after 6 months ",
            "again ",
            "followed by ",
            "/kg x 3",
            "each day for 3 ",
            "one i.v. ",
            "one time ",
            "each ",
            "no 5 up to \n",
            "± 2 days, ",
        ),
        *(
            "two MSC infusions at 4 week intervals. ",
            "an additional ",
            "one infusion followed by two infusions ",
            "day 0 (± ",
            "20 million cells x 2 ",
            "second syringe of ",
            "doses (cells or saline) at day 0, 7 ",
            "interval between each two ",
            "follows 2 months and 4 months ",
        ),
    ],
)
def test_long_text_stays_quick(piece, place):
    text = (piece * (32_000 // len(piece) + 1))[:32_000]
    told = {"description": text} if place == "description" else {"arms": [("EXPERIMENTAL", MSC, text, ())]}
    material = designed(MSC, kinds=("msc", "hsc"), **told)
    list(material.reading.hits(("msc",)))
    assert seconds(lambda: list(extract_schedules(material))) < LIMIT


# Read wrongly once


def test_half_of_a_group_gets_placebo_the_second_time():
    told = "After 6 months, 8 patients will be treated with MSC once again, and 8 others will receive a placebo."
    assert times(told) == {"1", "2"}
    assert times("After 6 months all patients will be treated with MSC once again.") == {"2"}


def test_up_to_eight_courses_are_doubtful():
    told = "MSC are given, and subsequently up to 8 courses of IT- or IV-injections of MSC at intervals of 6-12 months."
    found = [label for label in labels(told) if label.scheme == "administrations"]
    assert [(label.value, label.doubtful) for label in found] == [("1-8", True)]


def test_total_number_of_doses_with_a_sign():
    told = (
        "MSC by vein at Day 0, Day 2, Day 4, Week 2, Week 6 and every 8 weeks to week 46 (n=5), (total # doses = 10)."
    )
    assert times(told) == {"10"}


def test_given_during_the_operation_and_on_days():
    assert times("MSC are infused during the operation and on days 7, 14 and 21.") == {"4"}
    assert times("MSC are infused on days 7, 14 and 21 after the operation.") == {"3"}


def test_a_single_dose_of_the_cells_by_their_code():
    told = "A single-dose joint injection of {} followed by one of hyaluronic acid."
    given = {"interventions": [("BIOLOGICAL", "ABC12-06", "Mesenchymal stem cells")]}
    assert times(arms=[("EXPERIMENTAL", "ABC12-06", told.format("ABC12-06"), ("ABC12-06",))], **given) == {"1"}
    assert times(arms=[("EXPERIMENTAL", "ABC12-06", told.format("COVID-19 vaccine"), ("ABC12-06",))], **given) == set()


def test_intervals_for_doses_of_the_cells_are_theirs_whatever_is_named_before():
    told = "Placebo-controlled: care plus placebo against three times at 30-day intervals for equal doses of MSC."
    assert times(told) == {"3"}
    assert intervals(told) == {"30"}
    assert intervals("Placebo at 30-day intervals.") == set()


# Whose times they are


CODED = [("BIOLOGICAL", "QXV-M4", "autologous mesenchymal stem cells")]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("We will evaluate the safety of 3 doses of QXV-M4 given at weeks 0, 6 and 12.", {"42"}),
        ("Participants receive QXV-M4 at weeks 0, 6 and 12.", {"42"}),
        ("The safety of QXV-M4, infused six weeks apart, is assessed.", {"42"}),
    ],
)
def test_code_of_the_cells_names_them_everywhere(text, days):
    assert intervals(title="A trial", interventions=CODED, summary=text) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Participants receive six injections of MSC-NPs or saline spaced two months apart.", {"60"}),
        ("In the first year doses (cells or saline) are given at months 0, 2, 4 and 6.", {"60"}),
        ("MSC are injected seven times. The interval between each two times is one week.", {"7"}),
        ("MSC are infused. The times are spaced with an interval of one week.", {"7"}),
        ("MSCs are expanded to passage 4. The infusion of MSC is repeated once after four weeks.", {"28"}),
        ("MSC are infused. The first three are at two-week intervals, the fourth follows 2 months later.", {"14"}),
    ],
)
def test_times_told_beside_the_placebo_or_in_the_next_sentence(text, days):
    assert intervals(summary=text) == days


def test_between_each_two_times_is_no_count():
    assert times(summary="MSC are injected. The interval between each two times is one week.") == set()
    assert times(summary="MSC: participants are assigned to one of two treatments of MSC.") == set()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("50 million cells x 2", {"2"}),
        ("1x10^6/kg MSC, first syringe on day 1 and second syringe on day 90", {"2"}),
        ("20 million MSC x 3", {"3"}),
        ("A second portion of the cells is infused two weeks later.", {"2"}),
    ],
)
def test_times_by_multiplication_or_syringe(text, count):
    assert times(text) == count
