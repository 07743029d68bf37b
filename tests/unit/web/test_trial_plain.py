"""The trial in plain words: a sentence for each presence and absence, its place, and its reading grade."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from apps.studies.facts import FIRST_SEEN
from apps.vocabulary.cards import COMPARATORS, CONDITIONINGS, DONORS, ROUTES, SOURCES
from apps.vocabulary.statuses import STATUSES
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG
from apps.web.presenters.trial_card import trial_card
from apps.web.presenters.trial_changes import days_of_changes
from apps.web.presenters.trial_marks import Marks
from apps.web.presenters.trial_plain import Block, plain_view
from apps.web.trial_page import Standing
from tests.factories.guide import glossary_in
from tests.reading import HIGHEST_GRADE, grade
from tests.unit.guide.test_guide_leaflets import PROMISES
from tests.unit.web.test_trial_changes import Change
from tests.unit.web.trial_pages import FIXTURES, SUMMARY, Label, fixture, record_of, sentence, soup_of

SLUGS = ["tested", "join", "involves", "places", "long", "money", "contact", "lately"]
# One record is refused whole, as its test in `ctgov` says.
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json") if path.stem != "wrong_type")


def plain(
    protocol: dict[str, Any] | None = None, labels: Sequence[Label] = (), kinds: Sequence[str] = ("msc",)
) -> dict[str, Block]:
    record = record_of(protocol)
    cells = [CELL_TYPE_BY_SLUG[kind] for kind in kinds]
    marks = Marks.of(record, (item for label in labels for item in label.evidence))
    card = trial_card(record, labels, cells, marks)
    blocks = plain_view(record, card, cells, [DISEASE_BY_SLUG["multiple-sclerosis"]], [], glossary_in())
    assert [block.slug for block in blocks] == [f"plain-{slug}" for slug in SLUGS]
    return {block.slug.removeprefix("plain-"): block for block in blocks}


def text(block: str, *args: Any, **kwargs: Any) -> str:
    return plain(*args, **kwargs)[block].text


def design(**info: Any) -> dict[str, Any]:
    return {"designModule": {"studyType": "INTERVENTIONAL", **info}}


def arms(*types: str, text: str = "", **info: Any) -> dict[str, Any]:
    groups = [{"label": f"Group {at}", "type": word, "description": text} for at, word in enumerate(types)]
    return {"armsInterventionsModule": {"armGroups": groups}, **design(**info)}


# The two kinds of treatment are told in different words


def test_an_infusion_of_cells_is_told_as_one() -> None:
    told = text("tested", design(), [Label("route", "intravenous"), Label("source", "adipose")])
    assert "This trial tests an infusion: mesenchymal cells (MSC) are let into a vein." in told
    assert "The cells are taken from: fat tissue." in told
    assert "transplant" not in told


def test_a_transplant_is_told_as_strong_treatment_and_a_transplant() -> None:
    told = text("tested", design(), [Label("donor", "autologous")], ["hsc"])
    assert "This trial tests strong treatment and a transplant of cells that form blood (HSC)." in told
    assert "The cells are the person's own. They are taken first and given back later." in told
    assert "infusion" not in told
    assert "MSC" not in told


@pytest.mark.parametrize("kind", ["msc", "hsc"])
def test_own_cells_and_a_donor_s_are_not_told_of_the_same_cells(kind: str) -> None:
    told = text("tested", design(), [Label("donor", "autologous"), Label("donor", "allogeneic")], [kind])
    assert "Some of the cells are the person's own. Others come from another person, a donor." in told
    assert "The cells come from" not in told
    doubted = [Label("donor", value, doubtful=True) for value in ("autologous", "allogeneic")]
    told = text("tested", design(), doubted, [kind])
    assert "The record names both the person's own cells and cells from another person, a donor. (We are not" in told


def test_cells_that_are_put_elsewhere_are_no_infusion() -> None:
    told = text("tested", design(), [Label("route", "intravenous"), Label("route", "intrathecal")])
    assert "They are put into the body this way: into a vein; into the spinal fluid." in told
    assert "infusion" not in told


def test_a_trial_of_both_kinds_has_both_sentences_and_keeps_their_facts_apart() -> None:
    labels = [
        Label("donor", "allogeneic", detail={"kind": "msc"}),
        Label("donor", "autologous", detail={"kind": "hsc"}),
        Label("source", "bone-marrow", detail={"kind": None}),
        Label("conditioning", "beam-atg"),
    ]
    blocks = plain(design(), labels, ["msc", "hsc"])
    told = blocks["tested"].text
    assert told.index("mesenchymal cells (MSC)") < told.index("donor.") < told.index("transplant of cells")
    assert "Of one of the two kinds of cells, the record also says: bone marrow." in told
    assert "Then comes strong treatment: BEAM with antithymocyte globulin." in blocks["involves"].text
    assert "no chemotherapy" not in blocks["involves"].text


def test_cells_of_no_known_kind_are_not_guessed() -> None:
    told = text("tested", design(), kinds=[])
    assert "Our rules cannot tell from the record which kind of cells this is about." in told
    assert "MSC" not in told
    assert "HSC" not in told


@pytest.mark.parametrize(
    ("kind", "missing"),
    [("msc", ["in which way", "whose cells", "which part"]), ("hsc", ["whose cells", "which part"])],
)
def test_what_is_not_found_about_the_cells_is_said(kind: str, missing: list[str]) -> None:
    told = plain(design(), kinds=[kind])["tested"].told
    absent = " ".join(item.text for item in told if item.absent)
    assert "We did not find in the record" in absent
    assert all(words in absent for words in missing)


def test_a_study_that_only_watches_and_access_outside_a_trial_say_so() -> None:
    assert "It does not decide how they are treated" in text("tested", design(studyType="OBSERVATIONAL"))
    assert "This is no trial" in text("tested", design(studyType="EXPANDED_ACCESS"))


def test_phases_are_explained_and_their_absence_is_told() -> None:
    told = text("tested", design(phases=["PHASE1", "PHASE2"]))
    assert "Phase 1: The trial asks above all what harm" in told
    assert "Phase 2: " in told
    assert "The record gives no phase." in text("tested", design())
    assert "phase" not in text("tested", design(studyType="OBSERVATIONAL")).lower()


def test_what_is_measured_stands_in_the_records_words() -> None:
    outcomes = {"outcomesModule": {"primaryOutcomes": [{"measure": f"Measure {at}"} for at in range(6)]}}
    (told,) = [item for item in plain(outcomes)["tested"].told if item.href == "#measured"]
    assert told.quotes == ("“Measure 0”", "“Measure 1”", "“Measure 2”", "“Measure 3”", "and 2 more")
    assert "The record does not say what is measured above all." in text("tested")


# Who can join


def test_gates_are_told_and_those_not_found_are_named() -> None:
    protocol = {"eligibilityModule": {"minimumAge": "18 Years", "healthyVolunteers": True}}
    told = text("join", protocol, [Label("age", "18-55"), Label("duration", "<=36", detail={"since": "diagnosis"})])
    assert "Age 18 to 55 years." in told
    assert "Diagnosed at most 3 years ago." in told
    assert "Our reading found nothing in the record on: sex;" in told
    assert "People who do not have the illness can join too." in told
    assert "Only the trial's team can say if you can join." in told


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ({"minimumAge": "18 Years", "sex": "FEMALE"}, "Age: 18 years and over. Sex: female."),
        ({"criteria": "x", "sex": "ALL"}, "The record sets no limit of age. Sex: all."),
        ({"minimumAge": "6 Months", "maximumAge": "17 Years"}, "The record does not say which sexes can join."),
    ],
)
def test_without_readings_the_registrys_own_fields_are_told(module: dict[str, str], told: str) -> None:
    assert told in text("join", {"eligibilityModule": module})


def test_a_record_without_criteria_says_so() -> None:
    assert text("join") == "The record does not say who can join."


# What it involves


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        (arms("EXPERIMENTAL"), "There is one group. All who join get the same."),
        (design(designInfo={"interventionModel": "SINGLE_GROUP"}), "There is one group."),
        (
            arms("EXPERIMENTAL", "OTHER", designInfo={"allocation": "RANDOMIZED"}),
            "Chance plays a part in who is in which group.",
        ),
        (arms("OTHER", "OTHER", designInfo={"allocation": "NON_RANDOMIZED"}), "There are 2 groups. It is not left to"),
        (arms("OTHER", "OTHER"), "The record does not say what decides who is in which group."),
        (design(), "The record does not say how many groups there are."),
    ],
)
def test_groups_and_chance(protocol: dict[str, Any], words: str) -> None:
    assert words in text("involves", protocol)


@pytest.mark.parametrize(
    ("protocol", "labels", "words", "none"),
    [
        (arms("EXPERIMENTAL", "PLACEBO_COMPARATOR"), [], "Some people get a placebo", "names no placebo"),
        (arms("EXPERIMENTAL", "SHAM_COMPARATOR"), [], "Some people get a sham", "names no placebo"),
        (design(), [Label("comparator", "placebo")], "Some people get a placebo", "names no placebo"),
        (
            design(),
            [Label("comparator", "none")],
            "There is no group to compare with. The record names no placebo.",
            "get a",
        ),
        (arms("EXPERIMENTAL"), [], "The record names no placebo.", "does not say whether some"),
        (design(), [], "The record does not say whether some people get a placebo.", "names no placebo"),
    ],
)
def test_placebo_or_none_or_not_told(protocol: dict[str, Any], labels: list[Label], words: str, none: str) -> None:
    told = text("involves", protocol, labels)
    assert words in told
    assert none not in told


def test_a_placebo_told_by_arm_and_label_is_told_once() -> None:
    told = text("involves", arms("EXPERIMENTAL", "PLACEBO_COMPARATOR"), [Label("comparator", "placebo")])
    assert told.count("Some people get a placebo") == 1


@pytest.mark.parametrize(
    ("masking", "words"),
    [
        ({"masking": "NONE"}, "All know who gets what."),
        ({"masking": "SINGLE", "whoMasked": ["PARTICIPANT"]}, "You would not know what you get."),
        ({"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]}, "Nor would those who run the trial."),
        ({"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "CARE_PROVIDER"]}, "Nor would those who treat you."),
        (
            {"masking": "TRIPLE", "whoMasked": ["PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR"]},
            "Nor would those who treat you or run the trial.",
        ),
        ({"masking": "SINGLE", "whoMasked": ["OUTCOMES_ASSESSOR"]}, "Some people in the trial or its team do not know"),
        ({"masking": "DOUBLE"}, "Some people in the trial or its team do not know"),
        ({}, "The record does not say who knows who gets what."),
    ],
)
def test_who_knows_what(masking: dict[str, Any], words: str) -> None:
    assert words in text("involves", design(designInfo={"maskingInfo": masking}))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([Label("administrations", "1")], "The cells are given once."),
        ([Label("administrations", "3"), Label("interval", "14")], "The cells are given 3 times, 2 weeks apart."),
        ([Label("dose", "1e6/kg")], "One dose is: 1 million cells per kg of body weight."),
        ([], "We did not find in the record how often the cells are given."),
        ([Label("co_treatment", "corticosteroids")], "Given with the cells: Corticosteroids."),
    ],
)
def test_how_the_cells_are_given(labels: list[Label], words: str) -> None:
    assert words in text("involves", arms("EXPERIMENTAL"), labels)


@pytest.mark.parametrize(
    ("protocol", "labels", "words"),
    [
        (arms("EXPERIMENTAL"), [Label("co_treatment", "cyclophosphamide")], "Part of this is chemotherapy."),
        (
            arms("EXPERIMENTAL", text="After low dose Cyclophosphamide."),
            [],
            "names chemotherapy with what is given. Ask",
        ),
        (arms("EXPERIMENTAL"), [], "We found no chemotherapy in what is given."),
        (design(), [], "The record does not say what is given, so it does not tell of chemotherapy."),
    ],
)
def test_chemotherapy_with_mesenchymal_cells(protocol: dict[str, Any], labels: list[Label], words: str) -> None:
    told = text("involves", protocol, labels)
    assert words in told
    assert told.count("hemotherapy") == 1


def test_a_transplant_is_told_in_its_steps() -> None:
    labels = [
        Label("donor", "autologous"),
        Label("mobilisation", "cyclophosphamide+g-csf"),
        Label("conditioning", "beam-atg"),
        Label("route", "intravenous"),
    ]
    told = text("involves", arms("EXPERIMENTAL"), labels, ["hsc"])
    steps = ["First, drugs move the cells into the blood", "Then comes strong treatment", "It is chemotherapy", "Last,"]
    assert [told.index(step) for step in steps] == sorted(told.index(step) for step in steps)
    assert "One dose" not in told


@pytest.mark.parametrize("value", CONDITIONINGS)
def test_each_conditioning_says_whether_it_is_chemotherapy_or_radiation(value: str) -> None:
    told = text("involves", arms("EXPERIMENTAL"), [Label("conditioning", value)], ["hsc"])
    assert ("Radiation is part of it." in told) == (value in {"tbi-based", "tli-based", "cyclophosphamide-radiation"})
    assert ("It is chemotherapy" in told) == (value not in {"tbi-based", "tli-based", "other"})


def test_a_conditioning_that_is_not_found_is_told_with_the_drugs_that_are_named() -> None:
    told = plain(arms("EXPERIMENTAL", text="Busulfan, then the cells."), [], ["hsc"])["involves"].told
    (open_one,) = [item for item in told if "strong treatment" in item.text]
    assert open_one.text.endswith("It names:")
    assert open_one.quotes == ("“Busulfan”",)


def test_procedures_are_named_and_the_missing_field_for_visits_is_said() -> None:
    module = {"interventions": [{"type": "PROCEDURE", "name": "Bone marrow aspiration"}, {"type": "DRUG", "name": "X"}]}
    told = plain({"armsInterventionsModule": module})["involves"].told
    assert [item.quotes for item in told if "Procedures" in item.text] == [("“Bone marrow aspiration”",)]
    assert "The registry has no field for the number of visits" in told[-1].text


# Where, how long, money, contacts, changes


def sites(*statuses: str | None, overall: str = "RECRUITING") -> dict[str, Any]:
    places = [{"city": f"Town {at}", "country": "Spain", "status": word} for at, word in enumerate(statuses)]
    return {"contactsLocationsModule": {"locations": places}, "statusModule": {"overallStatus": overall}}


@pytest.mark.parametrize(
    ("protocol", "words", "quotes"),
    [
        (sites("COMPLETED", "RECRUITING"), "1 of them takes people now:", ["Town 1, Spain (Recruiting)"]),
        (sites("WITHDRAWN"), "The record names no site that takes people now.", ["Town 0, Spain (Withdrawn)"]),
        (sites(None), "The record does not say whether each site takes people now.", ["Town 0, Spain"]),
        (sites("RECRUITING", overall="COMPLETED"), "The trial takes no new people", ["Town 0, Spain"]),
        (sites(), "The record lists no place.", []),
    ],
)
def test_where_and_whether_that_site_recruits(protocol: dict[str, Any], words: str, quotes: list[str]) -> None:
    told = plain(protocol)["places"].told[-1]
    assert words in told.text
    assert list(told.quotes) == quotes


def test_of_many_sites_the_first_are_named() -> None:
    told = plain(sites(*["RECRUITING"] * 9))["places"].told
    assert told[0].text == "The record lists 9 sites in 1 country."
    assert told[-1].quotes[-1] == "and 3 more"
    assert len(told[-1].quotes) == 7


def test_how_long() -> None:
    status = {
        "startDateStruct": {"date": "2024-05", "type": "ACTUAL"},
        "completionDateStruct": {"date": "2027-06", "type": "ESTIMATED"},
    }
    told = text("long", {"statusModule": status, **design(enrollmentInfo={"count": 54})}, [Label("follow_up", "12")])
    assert told == (
        "Start: May 2024 (actual). End: June 2027 (planned). People are checked for up to: 12 months. "
        "People in the trial: 54."
    )
    main = {"statusModule": {"primaryCompletionDateStruct": {"date": "2026"}}}
    assert "Last visit for the main result: 2026." in text("long", main)
    assert all(item.absent for item in plain()["long"].told)
    assert len(plain()["long"].told) == 4


@pytest.mark.parametrize(
    "words",
    [
        "This patient funded trial aims to study cells.",
        "The cells are given at no cost to the patient.",
        "Participants must pay for the treatment.",
        "Travel expenses are reimbursed.",
        "Patient without health insurance.",
        "A fee is asked.",
    ],
)
def test_words_on_money_are_quoted_whole(words: str) -> None:
    protocol = {"descriptionModule": {"detailedDescription": f"A first sentence. {words} A last one."}}
    told = plain(protocol)["money"].told
    assert told[0].quotes == (f"“{words}”",)
    assert told[0].href == "#about"
    assert "Ask in writing who pays" in told[-1].text


@pytest.mark.parametrize(
    "words",
    [
        "Lack of donors and high cost are problems.",
        "The Health Insurance Portability and Accountability Act applies.",
        "We pay attention to pain.",
        "Cost-effectiveness is measured. CHARGE syndrome. Feet are seen.",
        "",
    ],
)
def test_other_words_are_not_taken_for_money(words: str) -> None:
    told = plain({"descriptionModule": {"briefSummary": words}})["money"].told
    assert "We found nothing in the record on who pays." in told[0].text
    assert not told[0].quotes


def test_whom_to_contact() -> None:
    person = {"name": "A. Person", "phone": "+34 600 000 000", "email": "a@example.org"}
    central = plain({"contactsLocationsModule": {"centralContacts": [person] * 3}})["contact"]
    assert [contact.name for contact in central.people] == ["A. Person"] * 2
    assert central.told[0].href == "#ask"
    at_sites = plain({"contactsLocationsModule": {"locations": [{"city": "X", "contacts": [person]}]}})["contact"]
    assert (at_sites.told[0].href, at_sites.people) == ("#where", [])
    sponsor = {"sponsorCollaboratorsModule": {"leadSponsor": {"name": "An Institute"}}}
    assert text("contact", sponsor) == (
        "The record names no one to ask. Your doctor can write to the sponsor: An Institute."
    )
    assert text("contact") == "The record names no one to ask."


def test_what_has_changed_lately() -> None:
    changes = [Change("overall_status", "RECRUITING", "COMPLETED"), *[Change("enrollment", 1, 2)] * 5]
    (*_, lately) = plain_view(record_of(), None, [], [], days_of_changes(changes), glossary_in())
    assert len(lately.told) == 3
    assert "Status: Recruiting → Completed." in lately.told[0].text
    assert text("lately") == "We have seen no change in this record."
    first = days_of_changes([Change(FIRST_SEEN, None, {"overall_status": "RECRUITING"})])
    (*_, lately) = plain_view(record_of(), None, [], [], first, glossary_in())
    assert lately.text == "We have had this record since 3 May 2026. We have seen no change in it."


# All of it


@pytest.mark.parametrize("name", NAMES)
def test_each_sentence_leads_to_a_place_that_the_page_has(name: str) -> None:
    soup = soup_of(fixture(name), Standing(cell_types=["msc"], diseases=["multiple-sclerosis"]))
    links = soup.select("#plain .plain__to")
    assert len(links) > 8
    ids = {tag["id"] for tag in soup.select("[id]")}
    assert {link["href"].removeprefix("#") for link in links} <= ids
    assert all(link.get_text(strip=True).startswith("↓In the record: ") for link in links)
    first, second = soup.select("section.trial-part")[:2]
    assert (first["id"], second["id"]) == ("plain", "facts")


def test_a_reading_leads_to_its_very_words_and_doubt_is_told() -> None:
    summary = "Cells are infused into a vein. Then we wait."
    evidence = [sentence(summary, "Cells are infused into a vein.", "into a vein")]
    label = Label("route", "intravenous", evidence=evidence, doubtful=True)
    told = plain({"descriptionModule": {"briefSummary": summary}, **design()}, [label])["tested"].told[0]
    assert told.href == "#read-1"
    assert told.text.endswith("(We are not sure that we read this right.)")
    assert SUMMARY.endswith("briefSummary")


def test_what_the_record_says_is_escaped() -> None:
    protocol = {"outcomesModule": {"primaryOutcomes": [{"measure": "<script>alert(1)</script>"}]}}
    assert not soup_of(record_of(protocol)).select("#plain script")


def _combinations() -> list[tuple[str, dict[str, Any], list[Label], list[str]]]:
    """Records made up so that each template sentence is rendered at least once, with short words of the record."""
    full = arms(
        "EXPERIMENTAL",
        "PLACEBO_COMPARATOR",
        phases=["EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4", "NA"],
        designInfo={"allocation": "RANDOMIZED", "maskingInfo": {"whoMasked": ["PARTICIPANT", "INVESTIGATOR"]}},
    ) | sites("RECRUITING", None, "COMPLETED")
    protocols = [
        {},
        full,
        arms("OTHER", "OTHER", designInfo={"allocation": "NON_RANDOMIZED", "maskingInfo": {"masking": "NONE"}}),
        design(studyType="OBSERVATIONAL"),
        design(studyType="EXPANDED_ACCESS"),
        {"eligibilityModule": {"minimumAge": "18 Years", "sex": "ALL", "healthyVolunteers": True}},
        *(sites(None, overall=status.word) for status in STATUSES),
    ]
    bare: list[Label] = []
    shared = [Label("donor", value) for value in DONORS] + [Label("comparator", value) for value in COMPARATORS]
    labels = [
        bare,
        [*shared, *(Label("route", value) for value in list(ROUTES)[:3]), Label("source", next(iter(SOURCES)))],
        [Label("administrations", "3"), Label("interval", "14"), Label("dose", "1e6"), Label("follow_up", "12")],
        [Label("route", "intravenous", doubtful=True), Label("age", "18-55"), Label("sex", "all")],
        [Label("conditioning", "busulfan-based"), Label("conditioning", "tbi-based"), Label("mobilisation", "g-csf")],
    ]
    return [("", *case) for case in product(protocols, labels, [["msc"], ["hsc"], ["msc", "hsc"], []])]


def test_every_sentence_is_plain_and_promises_nothing() -> None:
    """Grade 8 at most for each block as it stands, of the sentences that we write; quotes are the record's."""
    hard: dict[str, float] = {}
    sentences: set[str] = set()
    for _, protocol, labels, kinds in _combinations():
        for block in plain(protocol, labels, kinds).values():
            sentences |= {told.text for told in block.told}
            if len(block.text.split()) > 20 and grade(block.text) > HIGHEST_GRADE:
                hard[block.text] = grade(block.text)
    assert hard == {}
    assert len(sentences) >= 75
    assert [text for text in sentences if PROMISES.search(text)] == []
    # A single sentence may hold one long word that has no shorter one; none may be a riddle. A list of names is none.
    whole = [text for text in sentences if not text.startswith("Our reading found nothing in the record on: ")]
    assert [text for text in whole if grade(text) > HIGHEST_GRADE + 2] == []
