"""The sheet for the doctor as data: one printed page of a trial. No request, no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.guide.glossary import NO_GLOSSARY, Glossary
from apps.guide.sections import Statements
from apps.guide.selectors import Questions
from apps.studies import records
from apps.studies.records import StudyRecord
from apps.vocabulary.cards import FIELD_BY_SLUG
from apps.vocabulary.statuses import phases_label
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG
from apps.web.presenters import trial_record as told
from apps.web.presenters.trial_card import TrialCard, trial_card
from apps.web.presenters.trial_evidence import LabelLike
from apps.web.presenters.trial_fresh import Freshness, freshness
from apps.web.presenters.trial_marks import Marks
from apps.web.presenters.trial_plain import Told, plain_view, site_line, unsure
from apps.web.presenters.trial_record import Person, Pill
from apps.web.presenters.words import age_words, date_words, day, label, line, number
from apps.web.trial_page import Standing

# What fits on one side of A4 or Letter; the page of the trial has the rest, and the sheet says so.
GATES, SITES, CONTACTS, TESTED, INVOLVED = 9, 5, 3, 6, 9
_TITLE, _LINE = 170, 105
# A limit may take two lines: what stands last may be that something else will do.
_GATE, _DOUBTFUL_GATE = 165, 120
_NO_QUESTIONS = Questions()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page. `more_*`: how much of the record the sheet leaves out."""

    nct_id: str
    title: str
    pill: Pill
    phase: str
    sponsor: str
    diseases: str
    confirmed: str
    fresh: Freshness
    remark: str
    tested: list[Told]
    involved: list[Told]
    gates: list[str]
    gates_unstated: str
    more_gates: str
    sites: list[str]
    more_sites: str
    people: list[Person]
    team_questions: Statements
    questions: Questions
    registry_url: str
    printed: str


def build_sheet(
    record: StudyRecord,
    standing: Standing,
    *,
    labels: Sequence[LabelLike] = (),
    glossary: Glossary = NO_GLOSSARY,
    questions: Questions = _NO_QUESTIONS,
    today: dt.date,
) -> Sheet:
    """The sheet of a record; what the record lacks is said on it, so that the doctor need not look for it."""
    status = record.protocol.status
    kinds = [CELL_TYPE_BY_SLUG[slug] for slug in standing.cell_types if slug in CELL_TYPE_BY_SLUG]
    diseases = [DISEASE_BY_SLUG[slug] for slug in standing.diseases if slug in DISEASE_BY_SLUG]
    card = trial_card(record, [item for item in labels if item.scheme in FIELD_BY_SLUG], kinds, Marks())
    blocks = {block.slug: block for block in plain_view(record, card, kinds, diseases, (), glossary)}
    gates = _gates(record, card)
    sites = _in_order(record.protocol.contacts_locations.locations)
    return Sheet(
        nct_id=record.nct_id,
        title=_cut(line(record.title) or _("(the record has no title)"), _TITLE),
        pill=told.status_pill(status.overall_status),
        phase=phases_label(record.protocol.design.phases) or _("no phase given"),
        sponsor=_cut(line(record.protocol.sponsor_collaborators.lead_sponsor.name)) or _("not given"),
        diseases="; ".join(str(disease.name) for disease in diseases),
        confirmed=date_words(status.status_verified_date),
        fresh=freshness(status.overall_status, told.dates(record), today),
        remark=_remark(standing),
        tested=_first(blocks["plain-tested"].told, TESTED),
        involved=_first(blocks["plain-involves"].told, INVOLVED),
        gates=gates[:GATES],
        gates_unstated="; ".join(card.gates.unstated) if card else "",
        more_gates=_more(len(gates) - GATES),
        sites=[_cut(site_line(site)) for site in sites[:SITES]],
        more_sites=_more(len(sites) - SITES),
        people=_people(record.protocol.contacts_locations.central_contacts, sites),
        team_questions=questions.to_team(kind.slug for kind in kinds),
        questions=questions,
        registry_url=told.registry_url(record.nct_id),
        printed=day(today),
    )


def _first(sentences: Sequence[Told], most: int) -> list[Told]:
    """The first sentences; those that the record bears out go before those that it leaves open."""
    kept = sorted(range(len(sentences)), key=lambda at: (sentences[at].absent, at))[:most]
    return [sentences[at] for at in sorted(kept)]


def _gates(record: StudyRecord, card: TrialCard | None) -> list[str]:
    if card and card.gates.stated:
        values = [value for row in card.gates.stated for value in row.values]
        # The mark of a doubtful reading is never what is cut off.
        return [
            unsure(f"{_cut(value.words, _DOUBTFUL_GATE)}.") if value.doubtful else _cut(value.words, _GATE)
            for value in values
        ]
    module = record.protocol.eligibility
    ages, sex = age_words(module.minimum_age, module.maximum_age), label("sex", module.sex)
    facts = ((_("Age: %(value)s"), ages), (_("Sex: %(value)s"), sex.lower()))
    return [_cut(text % {"value": value}) for text, value in facts if value]


def _in_order(sites: Sequence[records.Location]) -> list[records.Location]:
    """Sites that take people now first, the record's order within."""
    return sorted(sites, key=lambda site: site.status != "RECRUITING")


def _people(central: Sequence[records.Contact], sites: Sequence[records.Location]) -> list[Person]:
    """Whom to ask: for the whole trial, else at its first sites."""
    contacts = list(central) or [contact for site in sites for contact in site.contacts]
    return [told.person(contact) for contact in contacts[:CONTACTS]]


def _remark(standing: Standing) -> str:
    """Where the trial stands with us or the registry, when a doctor must know it."""
    if standing.registry_state == "gone":
        return _("The registry no longer has this record.")
    if standing.registry_state == "merged":
        return _("The registry has merged this record into another.")
    if standing.scope != "in_scope":
        return _("This is not, or not yet, one of the trials that this site follows.")
    return ""


def _more(count: int) -> str:
    return ngettext("and %(n)s more", "and %(n)s more", count) % {"n": number(count)} if count > 0 else ""


def _cut(text: str, most: int = _LINE) -> str:
    return Truncator(text).chars(most)
