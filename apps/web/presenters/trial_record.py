"""A study's protocol, registration and derived facts in the order in which a reader asks for them.

Every function takes a `StudyRecord` and gives one section's content, or None when the record holds nothing for it.
Those that show texts which labels were read from take the page's marks as well.
What the record says in text is passed on unchanged in meaning; absent values are left out, except in the key facts,
where the absence itself is told.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.studies import records
from apps.studies.records import StudyRecord
from apps.vocabulary.countries import country_name
from apps.vocabulary.statuses import phases_label, tone_for
from apps.web.presenters.trial_fresh import Dates
from apps.web.presenters.trial_marks import (
    ARMS,
    CONDITIONS,
    DESCRIPTION,
    DESIGN,
    ELIGIBILITY,
    IDENTIFICATION,
    OUTCOMES,
    Marks,
)
from apps.web.presenters.words import (
    age_words,
    ago,
    date_kind,
    date_words,
    dated,
    file_size,
    label,
    labels,
    line,
    number,
    outside,
    prose,
    yes_no,
)

# Up to this many sites every country stands open; beyond, the reader opens the ones that matter.
SITES_OPEN = 12
# From this many sites on, a country's table is divided by state or province.
SITES_BY_REGION = 30
COUNTRIES_NAMED = 5

_REGISTRY = "https://clinicaltrials.gov"
_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NCT = re.compile(r"NCT\d{8}")
_MESH_ID = re.compile(r"[CD]\d{6,9}")
_PMID = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Fact:
    """A term and what the record says of it. Values are plain text or safe HTML; `note` is a quiet second line.

    `absent`: the value is our word that the record does not say.
    """

    term: str
    value: str
    note: str = ""
    absent: bool = False


def given(*facts: Fact) -> list[Fact]:
    """Only the facts that the record has."""
    return [fact for fact in facts if fact.value or fact.note]


def lines(items: Iterable[str]) -> SafeString | str:
    """Several values of one fact, one a line."""
    items = [item for item in items if item]
    if len(items) < 2:
        return items[0] if items else ""
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((item,) for item in items)))


def joined(items: Iterable[str]) -> SafeString:
    """Several short values in one line, each text or safe HTML."""
    return format_html_join(", ", "{}", ((item,) for item in items))


def registry_url(nct_id: str) -> str:
    """The registry's own page of a study."""
    return f"{_REGISTRY}/study/{nct_id}"


def study_link(nct_id: str | None) -> SafeString | str:
    """A link to the registry's page of another study."""
    if not nct_id or not _NCT.fullmatch(nct_id):
        return line(nct_id)
    return outside(registry_url(nct_id), nct_id)


# The head of the page


@dataclass(frozen=True, slots=True)
class Pill:
    """A status as a word with a tone."""

    label: str
    tone: str


def status_pill(word: str | None) -> Pill:
    """The pill of a recruitment status; a record without one is "Unknown status"."""
    return Pill(label("status", word) or _("Status not given"), tone_for(word))


def key_facts(record: StudyRecord, today: dt.date) -> list[Fact]:
    """The facts block at the top: each stands even when the record does not say."""
    protocol = record.protocol
    status, sponsor = protocol.status, protocol.sponsor_collaborators.lead_sponsor
    updated = status.last_update_post_date
    partial = updated.partial
    age = ago(partial.latest, today) if partial else ""
    verified = date_words(status.status_verified_date)
    facts = [
        Fact(_("Phase"), _phase(record)),
        Fact(_("People in the trial"), people(record)),
        Fact(_("Start"), dated(status.start_date)),
        Fact(_("Last visit for the main result"), dated(status.primary_completion_date)),
        Fact(_("Where"), *_where_in_short(protocol.contacts_locations.locations)),
        Fact(_("Sponsor"), line(sponsor.name), label("sponsor_class", sponsor.class_)),
        Fact(
            _("Record last updated"),
            f"{date_words(updated.date)}, {age}" if age else date_words(updated.date),
            _("The sponsor last confirmed it in %(date)s.") % {"date": verified} if verified else "",
        ),
    ]
    return [
        fact if fact.value else Fact(fact.term, _("The record does not say."), fact.note, absent=True) for fact in facts
    ]


def dates(record: StudyRecord) -> Dates:
    """The dates from which it can be told how fresh a record is; its end, or that of its main result."""
    status = record.protocol.status
    end = status.completion_date if status.completion_date.partial else status.primary_completion_date
    return Dates(
        confirmed=records.RegistryDate(date=status.status_verified_date).partial,
        updated=status.last_update_post_date.partial,
        start=status.start_date.partial,
        end=end.partial,
        started=status.start_date.type == "ACTUAL",
        ended=end.type == "ACTUAL",
    )


def _phase(record: StudyRecord) -> str:
    design = record.protocol.design
    kind = label("study_type", design.study_type)
    phases = [word for word in design.phases if word]
    if not phases:
        return (
            _("None: %(kind)s study") % {"kind": kind.lower()} if kind and design.study_type != "INTERVENTIONAL" else ""
        )
    return phases_label(phases)


def people(record: StudyRecord) -> str:
    """How many people, planned or actual: "54 (planned)"; "" when the registry does not know."""
    if record.enrollment is None:
        return ""
    kind = date_kind(record.protocol.design.enrollment_info.type)
    count = number(record.enrollment)
    return f"{count} ({kind})" if kind else count


def _where_in_short(locations: Sequence[records.Location]) -> tuple[str, str]:
    if not locations:
        return "", ""
    names = sorted({country_name(place.country) for place in locations if place.country})
    named = ", ".join(names[:COUNTRIES_NAMED])
    if (more := len(names) - COUNTRIES_NAMED) > 0:
        told = ngettext("%(named)s and %(n)s more country", "%(named)s and %(n)s more countries", more)
        named = told % {"named": named, "n": more}
    sites = _sites(len(locations))
    return (named, sites) if named else (sites, "")


# What this trial is about


@dataclass(frozen=True, slots=True)
class About:
    summary: str
    description: str
    facts: list[Fact]


def about(record: StudyRecord, marks: Marks) -> About | None:
    protocol = record.protocol
    names, conditions = protocol.identification, protocol.conditions
    content = About(
        marks.prose(DESCRIPTION + "briefSummary", protocol.description.brief_summary),
        marks.prose(DESCRIPTION + "detailedDescription", protocol.description.detailed_description),
        given(
            Fact(_("Official title"), marks.line(IDENTIFICATION + "officialTitle", names.official_title)),
            Fact(
                _("Conditions"),
                lines(marks.line(f"{CONDITIONS}conditions[{i}]", text) for i, text in enumerate(conditions.conditions)),
            ),
            Fact(
                _("Keywords"),
                joined(marks.line(f"{CONDITIONS}keywords[{i}]", text) for i, text in enumerate(conditions.keywords)),
            ),
        ),
    )
    return content if content.summary or content.description or content.facts else None


# What is given


@dataclass(frozen=True, slots=True)
class Arm:
    name: str
    kind: str
    description: str
    interventions: list[str]


@dataclass(frozen=True, slots=True)
class Treatment:
    name: str
    kind: str
    description: str
    arms: list[str]
    other_names: str


@dataclass(frozen=True, slots=True)
class Given:
    arms: list[Arm]
    treatments: list[Treatment]
    arm_word: str
    arms_told: bool
    treatments_told: bool
    with_interventions: bool
    with_arms: bool


def what_is_given(record: StudyRecord, marks: Marks) -> Given | None:
    module = record.protocol.arms_interventions
    if not module:
        return None
    arms = [
        Arm(
            marks.line(f"{ARMS}armGroups[{i}].label", arm.label),
            label("arm_type", arm.type),
            marks.prose(f"{ARMS}armGroups[{i}].description", arm.description),
            [line(name) for name in arm.intervention_names],
        )
        for i, arm in enumerate(module.arm_groups)
    ]
    treatments = [
        Treatment(
            marks.line(f"{ARMS}interventions[{i}].name", item.name),
            label("intervention_type", item.type),
            marks.prose(f"{ARMS}interventions[{i}].description", item.description),
            [line(name) for name in item.arm_group_labels],
            joined(
                marks.line(f"{ARMS}interventions[{i}].otherNames[{j}]", name) for j, name in enumerate(item.other_names)
            ),
        )
        for i, item in enumerate(module.interventions)
    ]
    observational = record.protocol.design.study_type == "OBSERVATIONAL"
    return Given(
        arms,
        treatments,
        _("Group") if observational else _("Arm"),
        any(arm.description for arm in arms),
        any(treatment.description for treatment in treatments),
        any(arm.interventions for arm in arms),
        any(treatment.arms for treatment in treatments),
    )


# Who can join


@dataclass(frozen=True, slots=True)
class Who:
    facts: list[Fact]
    criteria: str
    population: str


_PARAGRAPH = re.compile(r"<p>(?:(?!</p>).)*</p>", re.DOTALL)
_LEAD_IN = re.compile(
    r"<p>([^<\n]{0,60}(?:inclusion|exclusion|eligibility)[^<\n]{0,40}?criteria[^<\n]{0,40}?:?)</p>", re.I
)


def who_can_join(record: StudyRecord, marks: Marks) -> Who | None:
    module = record.protocol.eligibility
    if not module:
        return None
    ages = age_words(module.minimum_age, module.maximum_age)
    facts = [
        Fact(_("Age"), ages or _("The record sets no limit."), _standard_ages(module.std_ages)),
        Fact(_("Sex"), label("sex", module.sex) or _("The record does not say.")),
        Fact(_("Healthy volunteers"), yes_no(module.healthy_volunteers) or _("The record does not say.")),
        *given(
            Fact(_("Depends on gender"), yes_no(module.gender_based), prose(module.gender_description)),
            Fact(_("How people are chosen"), label("sampling_method", module.sampling_method)),
        ),
    ]
    return Who(
        facts,
        _criteria(marks.prose(ELIGIBILITY + "eligibilityCriteria", module.eligibility_criteria)),
        marks.prose(ELIGIBILITY + "studyPopulation", module.study_population),
    )


def _standard_ages(words: Sequence[str]) -> str:
    told = labels("standard_age", words)
    return _("The registry files it under: %(ages)s.") % {"ages": told} if told else ""


def _criteria(text: str) -> SafeString:
    """The two halves of the criteria get headings, and each line, an item in older records, a paragraph of its own."""
    lines = _PARAGRAPH.sub(lambda match: match[0].replace("<br>\n", '</p><p class="trial-line">'), text)
    return SafeString(_LEAD_IN.sub(r"<h4>\1</h4>", lines))


# Where


@dataclass(frozen=True, slots=True)
class Person:
    """A contact: personal data, shown on the trial's page and its sheet only."""

    name: str
    role: str
    phone: str
    dial: str
    email: str
    affiliation: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    facility: str
    place: str
    status: str
    tone: str
    people: list[Person]


@dataclass(frozen=True, slots=True)
class Region:
    """A state or province; without a name for a country that is not divided."""

    name: str
    count: str
    sites: list[Site]


@dataclass(frozen=True, slots=True)
class Country:
    name: str
    regions: list[Region]
    count: str
    recruiting: str
    with_status: bool
    with_people: bool


@dataclass(frozen=True, slots=True)
class Where:
    countries: list[Country]
    count: str
    open: bool
    removed: list[str]


def where(record: StudyRecord) -> Where | None:
    locations = record.protocol.contacts_locations.locations
    removed = [country_name(name) for name in record.derived.misc_info.removed_countries]
    if not locations and not removed:
        return None
    groups: dict[str, list[records.Location]] = {}
    for place in locations:
        groups.setdefault(country_name(place.country) if place.country else "", []).append(place)
    countries = [
        _country(name, places) for name, places in sorted(groups.items(), key=lambda item: (not item[0], item[0]))
    ]
    sites = _sites(len(locations))
    if len(countries) > 1:
        sites = _("%(sites)s in %(n)s countries") % {"sites": sites, "n": number(len(countries))}
    return Where(countries, sites if locations else "", len(locations) <= SITES_OPEN, removed)


def _country(name: str, places: list[records.Location]) -> Country:
    recruiting = sum(place.status == "RECRUITING" for place in places)
    return Country(
        name or _("Country not given"),
        _regions(places),
        _sites(len(places)),
        ngettext("%(n)s recruiting", "%(n)s recruiting", recruiting) % {"n": number(recruiting)} if recruiting else "",
        any(place.status for place in places),
        any(place.contacts for place in places),
    )


def _regions(places: list[records.Location]) -> list[Region]:
    """Sites in the record's order; those of a large country by state or province."""
    if len(places) < SITES_BY_REGION or not any(place.state for place in places):
        return [Region("", "", [_site(place) for place in places])]
    states: dict[str, list[Site]] = {}
    for place in places:
        states.setdefault(line(place.state), []).append(_site(place))
    return [
        Region(name or _("Elsewhere"), _sites(len(sites)), sites)
        for name, sites in sorted(states.items(), key=lambda item: (not item[0], item[0]))
    ]


def _sites(count: int) -> str:
    return ngettext("%(n)s site", "%(n)s sites", count) % {"n": number(count)}


def _site(place: records.Location) -> Site:
    town = ", ".join(line(text) for text in (place.city, place.state) if text)
    return Site(
        line(place.facility),
        f"{town} {line(place.zip)}".strip(),
        label("status", place.status),
        tone_for(place.status),
        [person(contact) for contact in place.contacts],
    )


def person(contact: records.Contact) -> Person:
    """A contact with the number as written and as it is dialled."""
    phone = str(line(contact.phone))
    extension = str(line(contact.phone_ext))
    shown = _("%(phone)s, extension %(extension)s") % {"phone": phone, "extension": extension} if extension else phone
    return Person(str(line(contact.name)), label("role", contact.role), shown, _dial(phone), str(line(contact.email)))


def _dial(phone: str) -> str:
    digits = re.sub(r"[^\d+]", "", phone)
    return digits if 5 <= len(digits) <= 18 else ""


# When


@dataclass(frozen=True, slots=True)
class Moment:
    what: str
    date: str
    kind: str


@dataclass(frozen=True, slots=True)
class When:
    trial: list[Moment]
    record: list[Moment]
    facts: list[Fact]


def when(record: StudyRecord) -> When | None:
    status, design = record.protocol.status, record.protocol.design
    tracking = record.derived.misc_info.submission_tracking
    trial = [
        _planned(_("First person joined"), status.start_date, _("Start")),
        _planned(_("Last visit for the main result"), status.primary_completion_date),
        _planned(_("Last visit of the trial"), status.completion_date),
    ]
    posted = [
        Moment(_("Record checked by the sponsor"), date_words(status.status_verified_date), ""),
        Moment(_("First sent to the registry"), date_words(status.study_first_submit_date), ""),
        Moment(_("First version passed the registry's check"), date_words(status.study_first_submit_qc_date), ""),
        _posted(_("First posted"), status.study_first_post_date),
        Moment(_("Last update sent"), date_words(status.last_update_submit_date), ""),
        _posted(_("Last update posted"), status.last_update_post_date),
        Moment(_("Results first sent"), date_words(status.results_first_submit_date), ""),
        Moment(_("Results passed the registry's check"), date_words(status.results_first_submit_qc_date), ""),
        _posted(_("Results first posted"), status.results_first_post_date),
        Moment(_("Request to delay results first sent"), date_words(status.disp_first_submit_date), ""),
        Moment(_("Request to delay results passed the check"), date_words(status.disp_first_submit_qc_date), ""),
        _posted(_("Request to delay results first posted"), status.disp_first_post_date),
        Moment(
            _("Results expected at the registry"),
            date_words(tracking.estimated_results_first_submit_date),
            _("estimated"),
        ),
    ]
    facts = given(
        Fact(_("Why it stopped"), line(status.why_stopped)),
        Fact(_("Status before it became unknown"), label("status", status.last_known_status)),
        Fact(_("Each person is followed for"), line(design.target_duration)),
        Fact(_("Posting delayed (device not yet cleared)"), yes_no(status.delayed_posting)),
        Fact(_("Results need not be posted"), yes_no(status.results_waived)),
    )
    content = When([row for row in trial if row.date], [row for row in posted if row.date], facts)
    return content if content.trial or content.record or content.facts else None


def _planned(what: str, date: records.RegistryDate, planned: str = "") -> Moment:
    """A date of the trial itself; `planned` is what it is called while it has not been reached."""
    name = planned if planned and date.type != "ACTUAL" else what
    return Moment(name, date_words(date.date), date_kind(date.type))


def _posted(what: str, date: records.RegistryDate) -> Moment:
    """A date of the record: the registry estimates some of those before 2017."""
    return Moment(what, date_words(date.date), label("date_type", date.type))


# What is measured


@dataclass(frozen=True, slots=True)
class Outcomes:
    title: str
    rows: list[tuple[str, str, str]]
    with_description: bool


def outcomes(record: StudyRecord, marks: Marks) -> list[Outcomes] | None:
    module = record.protocol.outcomes
    groups = (
        (_("Main outcomes"), OUTCOMES + "primaryOutcomes", module.primary_outcomes),
        (_("Secondary outcomes"), OUTCOMES + "secondaryOutcomes", module.secondary_outcomes),
        (_("Other outcomes"), OUTCOMES + "otherOutcomes", module.other_outcomes),
    )
    return [
        Outcomes(
            title,
            [
                (
                    marks.line(f"{path}[{i}].measure", item.measure),
                    marks.line(f"{path}[{i}].timeFrame", item.time_frame),
                    marks.prose(f"{path}[{i}].description", item.description),
                )
                for i, item in enumerate(items)
            ],
            any(item.description for item in items),
        )
        for title, path, items in groups
        if items
    ] or None


# How it is done


def design(record: StudyRecord, marks: Marks) -> list[Fact] | None:
    module = record.protocol.design
    info, masking, sample = module.design_info, module.design_info.masking_info, module.bio_spec
    who = labels("who_masked", masking.who_masked)
    types = module.expanded_access_types
    access = [
        label("expanded_access_type", word)
        for word, value in (
            ("INDIVIDUAL", types.individual),
            ("INTERMEDIATE", types.intermediate),
            ("TREATMENT", types.treatment),
        )
        if value
    ]
    return (
        given(
            Fact(_("Kind of study"), label("study_type", module.study_type)),
            Fact(_("Phase"), phases_label(module.phases)),
            Fact(_("People"), people(record)),
            Fact(_("How people are assigned"), label("allocation", info.allocation)),
            Fact(
                _("Groups"),
                label("intervention_model", info.intervention_model),
                marks.prose(DESIGN + "designInfo.interventionModelDescription", info.intervention_model_description),
            ),
            Fact(_("Purpose"), label("primary_purpose", info.primary_purpose)),
            Fact(
                _("Who does not know which treatment is given"),
                ": ".join(text for text in (label("masking", masking.masking), who) if text),
                prose(masking.masking_description),
            ),
            Fact(_("Observational model"), label("observational_model", info.observational_model)),
            Fact(_("Time perspective"), label("time_perspective", info.time_perspective)),
            Fact(_("Patient registry"), yes_no(module.patient_registry)),
            Fact(
                _("Samples kept"),
                label("biospecimen_retention", sample.retention),
                prose(sample.description),
            ),
            Fact(_("Kinds of expanded access"), lines(access)),
            Fact(_("Studies that point to this record"), number(module.n_ptrs_to_this_exp_acc_nct_id)),
        )
        or None
    )


# Who to ask


@dataclass(frozen=True, slots=True)
class Ask:
    contacts: list[Person]
    officials: list[Person]


def who_to_ask(record: StudyRecord) -> Ask:
    """Stands on every page: where the record names nobody, the page says so."""
    module = record.protocol.contacts_locations
    return Ask(
        [person(contact) for contact in module.central_contacts],
        [
            Person(line(official.name), label("role", official.role), "", "", "", line(official.affiliation))
            for official in module.overall_officials
        ],
    )


# Documents and references


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    contents: str
    date: str
    uploaded: str
    size: str


@dataclass(frozen=True, slots=True)
class Documents:
    documents: list[Document]
    no_analysis_plan: bool


def documents(record: StudyRecord) -> Documents | None:
    module = record.document.large_document
    rows = [_document(record.nct_id, item) for item in module.large_docs]
    return Documents(rows, bool(module.no_sap)) if rows or module.no_sap else None


def _document(nct_id: str, item: records.LargeDoc) -> Document:
    name = line(item.filename)
    title = line(item.label) or name
    # The registry serves its files in folders named by the last two digits of the id.
    address = f"https://cdn.clinicaltrials.gov/large-docs/{nct_id[-2:]}/{nct_id}/{name}"
    shown = outside(address, title) if _FILENAME.fullmatch(name) and _NCT.fullmatch(nct_id) else title
    parts = (
        (item.has_protocol, _("protocol")),
        (item.has_sap, _("statistical analysis plan")),
        (item.has_icf, _("consent form")),
    )
    return Document(
        format_html('{}<br><span class="quiet">{}</span>', shown, name) if name and name != title else shown,
        ", ".join(part for has, part in parts if has) or line(item.type_abbrev),
        date_words(item.date),
        date_words(item.upload_date),
        file_size(item.size),
    )


@dataclass(frozen=True, slots=True)
class Reference:
    citation: str
    kind: str
    pubmed: str
    retractions: list[str]


@dataclass(frozen=True, slots=True)
class References:
    references: list[Reference]
    links: list[str]
    data: list[list[Fact]]


def references(record: StudyRecord) -> References | None:
    module = record.protocol.references
    if not module:
        return None
    return References(
        [
            Reference(
                line(item.citation) or _("Citation not given"),
                label("reference_type", item.type),
                pubmed(item.pmid),
                [
                    _("%(source)s, PubMed %(pmid)s") % {"source": line(note.source), "pmid": line(note.pmid)}
                    if note.pmid
                    else line(note.source)
                    for note in item.retractions
                ],
            )
            for item in module.references
        ],
        [outside(item.url, line(item.label)) for item in module.see_also_links],
        [
            given(
                Fact(_("What"), line(item.type)),
                Fact(_("Identifier"), line(item.id)),
                Fact(_("Link"), outside(item.url)),
                Fact(_("Comment"), prose(item.comment)),
            )
            for item in module.avail_ipds
        ],
    )


def pubmed(pmid: str | None) -> str:
    """A link to PubMed by the article's number."""
    if not pmid:
        return ""
    text = _("PubMed %(pmid)s") % {"pmid": line(pmid)}
    return outside(f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/", text) if _PMID.fullmatch(pmid) else text


# Data sharing, oversight, sponsors


def sharing(record: StudyRecord) -> list[Fact] | None:
    module = record.protocol.ipd_sharing_statement
    return (
        given(
            Fact(_("Plan to share"), label("ipd_sharing", module.ipd_sharing)),
            Fact(_("The plan"), prose(module.description)),
            Fact(_("What else is shared"), labels("ipd_info_type", module.info_types)),
            Fact(_("From when, for how long"), prose(module.time_frame)),
            Fact(_("Who may have it, and how"), prose(module.access_criteria)),
            Fact(_("Link"), outside(module.url)),
        )
        or None
    )


def oversight(record: StudyRecord) -> list[Fact] | None:
    module = record.protocol.oversight
    return (
        given(
            Fact(_("Has a data monitoring committee"), yes_no(module.oversight_has_dmc)),
            Fact(_("Studies a drug that the FDA regulates"), yes_no(module.is_fda_regulated_drug)),
            Fact(_("Studies a device that the FDA regulates"), yes_no(module.is_fda_regulated_device)),
            Fact(_("Device not approved or cleared by the FDA"), yes_no(module.is_unapproved_device)),
            Fact(_("Paediatric postmarket surveillance of a device"), yes_no(module.is_ppsd)),
            Fact(_("Product exported from the United States"), yes_no(module.is_us_export)),
            Fact(_("Violation of the results law (FDAAA 801)"), yes_no(module.fdaaa801_violation)),
        )
        or None
    )


def sponsors(record: StudyRecord, told_as: str = "") -> list[Fact] | None:
    """`told_as` is the lead sponsor's name in our lists."""
    module = record.protocol.sponsor_collaborators
    organization, party = record.protocol.identification.organization, module.responsible_party
    in_lists = []
    if told_as and told_as != module.lead_sponsor.name:
        note = _("A curator holds the two names for one sponsor.")
        in_lists = [Fact(_("Lead sponsor in our lists"), line(told_as), note)]
    who = ", ".join(
        line(text)
        for text in (
            party.investigator_full_name,
            party.investigator_title,
            party.investigator_affiliation,
            party.old_name_title,
            party.old_organization,
        )
        if text
    )
    return (
        given(
            Fact(_("Lead sponsor"), line(module.lead_sponsor.name), label("sponsor_class", module.lead_sponsor.class_)),
            *in_lists,
            Fact(
                _("Collaborators"),
                lines(_named(sponsor.name, label("sponsor_class", sponsor.class_)) for sponsor in module.collaborators),
            ),
            Fact(
                _("Responsible for the record"),
                label("responsible_party", party.type) or who,
                who if party.type else "",
            ),
            Fact(
                _("Organisation that registered it"),
                line(organization.full_name),
                label("sponsor_class", organization.class_),
            ),
        )
        or None
    )


def _named(name: str | None, note: str) -> str:
    return " ".join(text for text in (line(name), f"({note})" if note else "") if text)


# The record itself


@dataclass(frozen=True, slots=True)
class Terms:
    """Index terms that the registry derives from the record, not the sponsor's words."""

    title: str
    meshes: str
    ancestors: str
    leaves: list[tuple[str, str, str]]
    branches: str


@dataclass(frozen=True, slots=True)
class Details:
    facts: list[Fact]
    terms: list[Terms]
    tracking: list[Fact]
    events: list[Fact] = field(default_factory=list)


def details(record: StudyRecord) -> Details | None:
    facts = [*_identifiers(record), *_expanded_access(record)]
    terms = [
        _terms(_("Conditions"), record.derived.condition_browse),
        _terms(_("Interventions"), record.derived.intervention_browse),
    ]
    content = Details(facts, [item for item in terms if item], _tracking(record), _annotations(record))
    return content if content.facts or content.terms or content.tracking or content.events else None


def _identifiers(record: StudyRecord) -> Iterator[Fact]:
    names = record.protocol.identification
    yield from given(
        Fact(_("Registry id"), names.nct_id or ""),
        Fact(_("Earlier ids of this record"), ", ".join(names.nct_id_aliases)),
        Fact(_("Acronym"), line(names.acronym)),
        Fact(
            _("The sponsor's own id"),
            outside(names.org_study_id_info.link, line(names.org_study_id_info.id))
            if names.org_study_id_info.link
            else line(names.org_study_id_info.id),
            label("id_type", names.org_study_id_info.type),
        ),
        Fact(_("Other ids"), lines(_other_id(item) for item in names.secondary_id_infos)),
    )


def _other_id(item: records.SecondaryIdInfo) -> str:
    shown = outside(item.link, line(item.id)) if item.link else line(item.id)
    note = ", ".join(text for text in (label("id_type", item.type), line(item.domain)) if text)
    return format_html('{} <span class="quiet">({})</span>', shown, note) if note else shown


def _expanded_access(record: StudyRecord) -> Iterator[Fact]:
    info = record.protocol.status.expanded_access_info
    yield from given(
        Fact(_("Expanded access outside a trial"), yes_no(info.has_expanded_access)),
        Fact(_("Record of the expanded access"), study_link(info.nct_id), label("status", info.status_for_nct_id)),
    )


def _terms(title: str, module: records.BrowseModule) -> Terms | None:
    if not module:
        return None
    return Terms(
        title,
        _meshes(module.meshes),
        _meshes(module.ancestors),
        [(line(leaf.name), line(leaf.as_found), label("relevance", leaf.relevance)) for leaf in module.browse_leaves],
        ", ".join(line(branch.name) for branch in module.browse_branches if branch.name),
    )


def _meshes(meshes: Sequence[records.Mesh]) -> str:
    return format_html_join("; ", "{}", ((_mesh(mesh),) for mesh in meshes))


def _mesh(mesh: records.Mesh) -> str:
    term, code = line(mesh.term), line(mesh.id)
    if _MESH_ID.fullmatch(code):
        term = outside(f"https://meshb.nlm.nih.gov/record/ui?ui={code}", term or code)
    return format_html('{} <span class="quiet small">{}</span>', term, code) if code else term


def _tracking(record: StudyRecord) -> list[Fact]:
    tracking = record.derived.misc_info.submission_tracking
    facts = [
        Fact(
            _("First certificate or extension posted"),
            date_words(tracking.first_mcp_info.post_date.date),
            label("date_type", tracking.first_mcp_info.post_date.type),
        )
    ]
    for n, info in enumerate(tracking.submission_infos, start=1):
        parts = [
            _("sent %(date)s") % {"date": date_words(info.release_date)} if info.release_date else "",
            _("withdrawn %(date)s") % {"date": date_words(info.unrelease_date)} if info.unrelease_date else "",
            _("withdrawn, date not known") if info.unrelease_date_unknown else "",
            _("returned to the sponsor %(date)s") % {"date": date_words(info.reset_date)} if info.reset_date else "",
            _("round %(n)s") % {"n": number(info.mcp_release_n)} if info.mcp_release_n is not None else "",
        ]
        facts.append(Fact(_("Results, submission %(n)s") % {"n": n}, ", ".join(part for part in parts if part)))
    return given(*facts)


def _annotations(record: StudyRecord) -> list[Fact]:
    annotation = record.annotation.annotation
    unposted = annotation.unposted_annotation
    facts = [Fact(_("Unposted results are the duty of"), line(unposted.unposted_responsible_party))]
    facts += [
        Fact(
            label("unposted_event", event.type) or _("Event"),
            ", ".join(
                text for text in (date_words(event.date), _("date not known") if event.date_unknown else "") if text
            ),
        )
        for event in unposted.unposted_events
    ]
    for event in annotation.violation_annotation.violation_events:
        dates = (
            (_("entered"), event.creation_date),
            (_("issued"), event.issued_date),
            (_("released"), event.release_date),
            (_("posted"), event.posted_date),
        )
        told = ", ".join(f"{what} {date_words(date)}" for what, date in dates if date)
        facts.append(
            Fact(label("violation_event", event.type) or _("Violation"), prose(event.description) or told, told)
        )
    return given(*facts)
