"""For how long people are followed: the times of outcomes, and what else a record calls a time. In made-up words."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from apps.classification.rules.cards.follow_up import extract_follow_up
from tests.unit.classification.designs import quoted
from tests.unit.classification.people import people, repeated, seconds, texts
from tests.unit.classification.timing import LIMIT


def followed(**parts):
    """The longest follow-up with its rule; a doubtful one with a question mark; None where none is told."""
    material = people(**parts)
    found = list(extract_follow_up(material))
    assert quoted(material, found)
    assert len(found) <= 1
    return next((label.value + "?" * label.doubtful for label in found), None)


def framed(*frames):
    return followed(outcomes=[("Something measured", "", frame) for frame in frames])


@pytest.mark.parametrize(
    ("frame", "months"),
    [
        ("12 months", "12"),
        ("up to 5 years", "60"),
        ("Baseline, weeks 4, 12, 24 and 52", "12"),
        ("Day 28", "0.9"),
        ("M12", "12"),
        ("M1, M3, M6", "6"),
        ("2-year", "24"),
        ("24 weeks +/- 3 days", "5.5"),
        ("twenty-four (24) months", "24"),
        ("one year", "12"),
        ("half a year", "6"),
        ("3rd, 6th and 12th month", "12"),
        ("1,5 years", "18"),
        ("Months 1-36", "36"),
        ("180 days", "5.9"),
        ("48 hours", "0.1"),
        ("12 monthes after infusion", "12"),
    ],
)
def test_notation_of_times(frame, months):
    assert framed(frame) == months


def test_longest_of_all_outcomes():
    parts = {
        "outcomes": [("A", "", "6 months")],
        "secondary": [("B", "", "2 years")],
        "other": [("C", "", "12 months")],
    }
    assert followed(**parts) == "24"


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "until the end",
        "every 3 months",
        "6 weeks before the infusion",
        "at 18 years of age",
        "2 years prior to entry",
    ],
)
def test_no_time_after_treatment(frame):
    assert framed(frame) is None


def test_time_without_a_unit_is_none():
    assert framed("5") is None


def test_a_life_long_number_is_another_number():
    assert framed("1000 years") is None


def test_work_of_the_study_is_no_fate_of_a_person():
    outcomes = [("Feasibility: number of enrolled people", "", "5 years"), ("Harms", "", "12 months")]
    assert followed(outcomes=outcomes) == "12"


@pytest.mark.parametrize(
    "text",
    [
        "The overall study duration is 5 years.",
        "The total duration of the study is 60 months with follow-up.",
        "Recruitment and follow-up take 5 years.",
        "In an earlier study people were followed for 5 years.",
        "People with a history of follow-up for 5 years prior to entry.",
        "Infusion followed by 5 years of tablets.",
    ],
)
def test_duration_of_a_study_is_no_follow_up(text):
    assert followed(description=text) is None
    assert followed(description=text, outcomes=[("Harms", "", "12 months")]) == "12"


@pytest.mark.parametrize(
    "text",
    [
        "Participants will be followed for 24 months.",
        "Follow-up visits are at 6, 12 and 24 months after transplantation.",
        "24-month follow-up after the infusion.",
        "They are evaluated 2 years after treatment.",
    ],
)
def test_text_tells_it_where_no_outcome_does(text):
    assert followed(description=text) == "24"


def test_longer_time_in_a_text():
    outcomes = [("Harms", "", "12 months")]
    assert followed(description="Everyone will be followed for 24 months.", outcomes=outcomes) == "24"
    assert followed(description="Everyone will be followed for 15 years.", outcomes=outcomes) == "180?"


@pytest.mark.parametrize(
    ("name", "months"),
    [
        ("Change of EDSS from baseline to weeks 96 and 240", "55.2"),
        ("HbA1c at 6 months and 12 months", "12"),
        ("Relapses until month 24", "24"),
        ("Change from baseline (visit 2) to week 24 in walking", "5.5"),
    ],
)
def test_name_of_an_outcome_without_a_time_frame(name, months):
    assert followed(outcomes=[(name, "", "")]) == months


def test_name_of_an_outcome_tells_other_times_too():
    assert followed(outcomes=[("Walking 6 minutes, relapse within 2 years before entry", "", "")]) is None
    assert followed(outcomes=[("Daily dose over 3 days", "", "")]) is None


def test_longer_time_in_an_outcome_s_words():
    outcomes = [("Harms", "Recorded at 12 months after infusion and 24 months after infusion", "6 months")]
    assert followed(outcomes=outcomes) == "24?"


def test_registry_of_patients_has_a_field_for_it():
    assert followed(target="5 Years", outcomes=[("Harms", "", "12 months")]) == "60"
    assert followed(target="1 Day", outcomes=[("Harms", "", "12 months")]) == "12"


def test_follow_up_record_without_treatment():
    assert followed(title="5-year follow-up of those who got cells after infusion") == "60"


def test_detail_holds_months_and_words():
    material = people(outcomes=[("Harms", "", "Baseline to week 52")])
    (label,) = extract_follow_up(material)
    assert (label.detail["months"], label.detail["written"], label.rule) == (12, "week 52", "longest-time-frame")


PIECES = [
    "week 1,", "weeks 4, 8, 12,", "day 1", "12 months", "followed for 12 months", "follow-up", "M12", "up to",
    "twenty-four", "12 weeks after", "0.5-", "1-", "1·", "10^6 ", "1 year or more", "from baseline to", "evaluated",
    "visit at", "after infusion", "half a", "(24)", "±", "3rd", "a", "1", " ", "\n", "(", "followed by", "day 1 and",
    "\ud800", "٣ months", "participation", "participation is", "takes part for 12 months",
    "phone call at 12 months safety", "remain in the study for", "telephone",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("joint", [" ", ""])
def test_long_text_stays_quick(piece, joint):
    text = repeated(piece + joint)
    assert seconds(extract_follow_up, people(description=text)) < LIMIT
    assert seconds(extract_follow_up, people(outcomes=[(text, text, text)])) < LIMIT


@given(texts(PIECES))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_text_crashes_it(text):
    material = people(description=text, outcomes=[(text, text, text)], target=text[:50])
    assert quoted(material, list(extract_follow_up(material)))


def test_days_in_hospital_are_no_follow_up():
    told = "Patients will be admitted to the in-patient service for the 3-5 days and be followed up at home."
    assert followed(description=told) is None
    assert followed(description=f"{told} Follow-up visits are monthly until 6 months after the infusion.") == "6"
    assert followed(description="They stay in hospital for 21 days and are followed up for one year.") == "12"


def test_looked_at_throughout_the_trial():
    told = "The transplanted patients will be evaluated every month for the entire duration of the trial (2 years)"
    assert followed(description=f"{told} and every 6-12 months thereafter.") == "24"
    assert followed(description="The duration of the trial is 2 years.") is None


def test_duration_of_the_study_is_no_follow_up():
    told = "Extension for those who have completed their follow-up visits during the study's 5-year duration."
    assert followed(description=told) is None
    visits = "All participants will have monthly follow-up visits for 30 months after treatment has been initiated."
    assert followed(description=f"{told} {visits}") == "30"


@pytest.mark.parametrize(
    ("told", "months"),
    [
        ("Participants will be followed by the study rheumatologist monthly for 30 months.", "30"),
        ("Patients will be seen monthly at the center for 30 months.", "30"),
        ("An infusion followed by insulin for 3 months.", None),
        ("All women will be seen every 4-6 weeks.", None),
    ],
)
def test_followed_by_a_person(told, months):
    assert followed(description=told) == months


# What is told beside the outcomes


@pytest.mark.parametrize(
    "text",
    [
        "Total participation is 30 months: 24 months of treatment and a final visit 6 months after.",
        "Each participant takes part in the study for 30 months.",
        "The duration of participation is 30 months.",
        "Patients remain in the study for up to 30 months.",
        "Participation lasts 30 months.",
        "Individual participation will be 30 months in all.",
    ],
)
def test_time_of_participation(text):
    assert followed(description=text, outcomes=[("A", "", "1 year")]) == "30"


@pytest.mark.parametrize(
    "text",
    [
        "Visits: weeks 0, 4 and 48; safety telephone call after 2 years.",
        "In the 24 months extension only serious adverse events will be collected by telephone.",
        "Survival is asked for by phone calls until 24 months.",
        "A telephone interview on side effects takes place after two years.",
        "Participants are phoned at 24 months about their health.",
    ],
)
def test_call_after_the_last_visit(text):
    assert followed(description=text, outcomes=[("A", "", "48 weeks")]) == "24"


@pytest.mark.parametrize(
    "text",
    [
        "Call this telephone number within 24 months.",
        "Participation needs a disease of 24 months.",
        "People who took part in an earlier study 24 months ago may take part.",
    ],
)
def test_time_of_something_else_beside_a_telephone_or_participation(text):
    assert followed(description=text, outcomes=[("A", "", "48 weeks")]) == "11"
