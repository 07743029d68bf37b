"""Posted results: each figure in the row of its measure and the column of its group."""

from __future__ import annotations

from typing import Any

from bs4 import Tag

from tests.unit.web.trial_pages import record_of, soup_of

GROUPS = [{"id": "G0", "title": "Cells", "description": "Given once"}, {"id": "G1", "title": "Placebo"}]


def results(**modules: Any) -> Tag:
    return soup_of(record_of(resultsSection=modules, hasResults=True)).find(id="results")


def rows(table: Tag) -> list[list[str]]:
    return [
        [" ".join(cell.get_text(" ", strip=True).split()) for cell in row.select("th, td")]
        for row in table.select("tr")
    ]


def test_participant_flow_is_a_table_a_period() -> None:
    flow = {
        "groups": GROUPS,
        "periods": [
            {
                "title": "Treatment",
                "milestones": [
                    {
                        "type": "STARTED",
                        "achievements": [
                            {"groupId": "G1", "numSubjects": "9"},
                            {"groupId": "G0", "numSubjects": "10", "numUnits": "20", "comment": "One twice"},
                        ],
                    },
                    {
                        "type": "COMPLETED",
                        "comment": "At week 48",
                        "achievements": [{"groupId": "G0", "numSubjects": "8"}],
                    },
                ],
                "dropWithdraws": [{"type": "Lost to Follow-up", "reasons": [{"groupId": "G1", "numSubjects": "1"}]}],
            },
            {"title": "Follow-up", "milestones": []},
        ],
    }
    tables = results(participantFlowModule=flow).select("table")
    assert [table.caption.get_text() for table in tables] == ["Treatment", "Follow-up"]
    assert rows(tables[0]) == [
        ["Step", "Cells", "Placebo"],
        ["Started", "10 (20 units) One twice", "9"],
        ["Completed At week 48", "8", "–"],
        ["Why people left"],
        ["Lost to Follow-up", "–", "1"],
    ]


def test_baseline_measures_stand_in_one_table_with_classes_and_categories() -> None:
    baseline = {
        "groups": GROUPS,
        "denoms": [
            {"units": "Participants", "counts": [{"groupId": "G0", "value": "10"}, {"groupId": "G1", "value": "9"}]}
        ],
        "measures": [
            {
                "title": "Age",
                "paramType": "MEAN",
                "dispersionType": "STANDARD_DEVIATION",
                "unitOfMeasure": "years",
                "classes": [
                    {"categories": [{"measurements": [{"groupId": "G0", "value": "41.2", "spread": "8.1"}]}]},
                ],
            },
            {
                "title": "Region",
                "paramType": "COUNT_OF_PARTICIPANTS",
                "unitOfMeasure": "Participants",
                "classes": [
                    {
                        "title": "Spain",
                        "denoms": [{"units": "Participants", "counts": [{"groupId": "G0", "value": "7"}]}],
                        "categories": [
                            {"title": "Women", "measurements": [{"groupId": "G0", "value": "4"}]},
                            {"title": "Men", "measurements": [{"groupId": "G1", "value": "NA", "comment": "Too few"}]},
                        ],
                    }
                ],
            },
        ],
    }
    (table,) = results(baselineCharacteristicsModule=baseline).select("table")
    assert rows(table) == [
        ["Measure", "Cells", "Placebo"],
        ["Participants counted", "10", "9"],
        ["Age Mean (Standard deviation), years"],
        ["Mean", "41.2 (8.1)", "–"],
        ["Region Number of participants, Participants"],
        ["Spain: Participants counted", "7", "–"],
        ["Spain – Women", "4", "–"],
        ["Spain – Men", "–", "NA Too few"],
    ]


def outcome(**values: Any) -> dict[str, Any]:
    return {"type": "SECONDARY", "title": "Relapses", "reportingStatus": "POSTED", "groups": GROUPS} | values


def test_an_outcome_has_its_figures_limits_and_analyses() -> None:
    measure = outcome(
        paramType="MEDIAN",
        dispersionType="95% Confidence Interval",
        classes=[
            {
                "categories": [
                    {"measurements": [{"groupId": "G1", "value": "2", "lowerLimit": "1", "upperLimit": "3"}]},
                ]
            }
        ],
        analyses=[
            {
                "groupIds": ["G0", "G1"],
                "pValue": "<0.001",
                "paramType": "Hazard Ratio (HR)",
                "paramValue": "0.78",
                "ciPctValue": "95",
                "ciNumSides": "TWO_SIDED",
                "ciLowerLimit": "0.6",
                "ciUpperLimit": "0.9",
                "nonInferiorityType": "SUPERIORITY",
            }
        ],
    )
    part = results(outcomeMeasuresModule={"outcomeMeasures": [measure]})
    assert rows(part.table) == [["Measure", "Cells", "Placebo"], ["Median", "–", "2 (1 to 3)"]]
    analysis = part.find("h4").find_next("dl")
    assert [item.get_text(" ", strip=True) for item in analysis.select("dd")] == [
        "Cells; Placebo",
        "Superiority",
        "<0.001",
        "0.78 (Hazard Ratio (HR))",
        "0.6 to 0.9 (95 %, two-sided)",
    ]


def test_few_outcomes_stand_open_and_of_many_the_main_ones() -> None:
    few = results(outcomeMeasuresModule={"outcomeMeasures": [outcome()] * 3})
    assert len(few.select("details.trial-measure[open]")) == 3
    many = results(outcomeMeasuresModule={"outcomeMeasures": [outcome(type="PRIMARY"), *[outcome()] * 5]})
    assert [details.has_attr("open") for details in many.select("details.trial-measure")] == [True] + [False] * 5


def test_tables_of_equal_titles_have_names_of_their_own() -> None:
    classes = [{"categories": [{"measurements": [{"groupId": "G0", "value": "1"}]}]}]
    part = results(outcomeMeasuresModule={"outcomeMeasures": [outcome(classes=classes)] * 2})
    names = [region["aria-label"] for region in part.select("[role=region]")]
    assert len(names) == len(set(names)) == 2


def test_an_outcome_that_is_not_posted_says_so() -> None:
    measure = outcome(reportingStatus="NOT_POSTED", anticipatedPostingDate="2027-01", groups=[])
    text = results(outcomeMeasuresModule={"outcomeMeasures": [measure]}).get_text(" ", strip=True)
    assert "Figures Not posted" in text
    assert "Posting expected January 2027" in text


def test_adverse_events_stand_by_organ_system_with_people_at_risk() -> None:
    event = {"organSystem": "Infections", "sourceVocabulary": "MedDRA 24", "assessmentType": "SYSTEMATIC_ASSESSMENT"}
    module = {
        "frequencyThreshold": "5",
        "timeFrame": "1 year",
        "eventGroups": [
            {"id": "G0", "title": "Cells", "seriousNumAffected": 3, "seriousNumAtRisk": 1200, "deathsNumAtRisk": 1200},
            {"id": "G1", "title": "Placebo", "seriousNumAffected": 0, "seriousNumAtRisk": 9},
        ],
        "seriousEvents": [
            event
            | {"term": "Sepsis", "stats": [{"groupId": "G0", "numEvents": 4, "numAffected": 3, "numAtRisk": 1200}]},
            event | {"term": "Fall", "organSystem": "Injury", "sourceVocabulary": "CTCAE 5", "notes": "At home"},
            event | {"term": "Flu", "stats": [{"groupId": "G1", "numAffected": 0, "numAtRisk": 9}]},
        ],
    }
    part = results(adverseEventsModule=module)
    totals, serious = part.select("table")
    assert rows(totals) == [
        ["Events", "Cells", "Placebo"],
        ["Died, of any cause", "of 1,200", "–"],
        ["Serious events", "3 of 1,200", "0 of 9"],
        ["Other events", "–", "–"],
    ]
    assert rows(serious) == [
        ["Event", "Cells", "Placebo"],
        ["Infections"],
        ["Sepsis", "3 of 1,200; events: 4", "–"],
        ["Flu", "–", "0 of 9"],
        ["Injury"],
        ["Fall CTCAE 5. At home", "–", "–"],
    ]
    text = " ".join(part.get_text(" ").split())
    assert "5 % of people in a group" in text
    assert "Events are named after MedDRA 24" in text
    assert "3 kinds of event" in text


def test_limits_of_the_results_and_who_answers_for_them() -> None:
    more = {
        "limitationsAndCaveats": {"description": "Small numbers"},
        "certainAgreement": {"piSponsorEmployee": False, "restrictiveAgreement": True, "restrictionType": "LTE60"},
        "pointOfContact": {"title": "Dr Test", "organization": "Institute", "email": "a@b.example", "phone": "12345"},
    }
    part = results(moreInfoModule=more)
    text = " ".join(part.get_text(" ").split())
    assert "Small numbers" in text
    assert "up to 60 days" in text
    assert {link["href"] for link in part.select("a:not(.words a)")} == {"tel:12345", "mailto:a@b.example"}


def test_a_record_without_results_has_no_such_section() -> None:
    assert soup_of(record_of()).find(id="results") is None
