"""A trial's page as data: what its template shows, in order. No request, no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from apps.curation.decisions import PLAIN_TITLE, SUMMARY, TEXTS
from apps.guide.glossary import NO_GLOSSARY, Glossary, Term
from apps.guide.sections import Statements
from apps.search.cautions import Siblings
from apps.studies.records import StudyRecord
from apps.vocabulary.cards import FIELD_BY_SLUG
from apps.vocabulary.statuses import STATUS_BY_WORD
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG, CellType, Disease
from apps.web.presenters import trial_record as told
from apps.web.presenters.trial_card import trial_card
from apps.web.presenters.trial_cautions import holding, shown_cautions
from apps.web.presenters.trial_changes import ChangeLike, days_of_changes
from apps.web.presenters.trial_decisions import OverrideLike, decisions, written
from apps.web.presenters.trial_evidence import LabelLike, MembershipLike, why_here
from apps.web.presenters.trial_fresh import Freshness, freshness
from apps.web.presenters.trial_marks import Marks
from apps.web.presenters.trial_plain import anchored, plain_view
from apps.web.presenters.trial_record import Pill
from apps.web.presenters.trial_results import results
from apps.web.presenters.words import date_words, day, label, line

# Where the registry itself no longer stands by the record.
_NO_LONGER = {"gone", "merged"}
# How many days of changes stand open; the others are folded.
DAYS_OPEN = 3
_NO_SIBLINGS = Siblings()


@dataclass(frozen=True, slots=True)
class Standing:
    """What we, not the registry, say of a study: scope with reasons, labels, where it stands at the registry."""

    scope: str = "in_scope"
    reasons: Sequence[str] = ()
    diseases: Sequence[str] = ()
    cell_types: Sequence[str] = ()
    registry_state: str = "present"
    since: dt.date | None = None
    sponsor: str = ""

    @property
    def since_words(self) -> str:
        """The day on which we first saw it stand so."""
        return day(self.since) if self.since else ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page with its anchor, heading and template; `body` is what the template shows."""

    id: str
    title: str
    body: Any

    @property
    def template(self) -> str:
        return f"web/trial/{self.id}.html"


@dataclass(frozen=True, slots=True)
class Risk:
    """What the sources say of these kinds of therapy, each kind by itself, and the leaflets that say more."""

    kinds: list[tuple[CellType, Statements]]
    diseases: list[Disease]


@dataclass(frozen=True, slots=True)
class TrialPage:
    nct_id: str
    title: str
    acronym: str
    description: str
    pill: Pill
    explanation: str
    confirmed: str
    last_known: str
    why_stopped: str
    fresh: Freshness | None
    status_term: Term | None
    kinds: list[CellType]
    diseases: list[Disease]
    sections: list[Section]
    standing: Standing
    indexed: bool
    registry_url: str
    plain_title: str
    summary: str
    glossary: Glossary
    results_missing: bool

    @property
    def has_dates(self) -> bool:
        """Whether the page has a part with every date of the record."""
        return any(section.id == "when" for section in self.sections)


def build_trial_page(
    record: StudyRecord,
    standing: Standing,
    *,
    labels: Sequence[LabelLike] = (),
    memberships: Sequence[MembershipLike] = (),
    changes: Sequence[ChangeLike] = (),
    overrides: Sequence[OverrideLike] = (),
    public_cautions: Collection[str] = (),
    siblings: Siblings = _NO_SIBLINGS,
    risks: Mapping[str, Statements] | None = None,
    glossary: Glossary = NO_GLOSSARY,
    today: dt.date,
) -> TrialPage:
    """The whole page. Sections for which neither the record nor we have anything are left out.

    Of cautions, those of the kinds `public_cautions` are told; `risks` is what the guide says of each kind of cell, and
    `glossary` explains status, phases and the words of each part.
    """
    status = record.protocol.status
    known = STATUS_BY_WORD.get(status.overall_status or "")
    kinds = [CELL_TYPE_BY_SLUG[slug] for slug in standing.cell_types if slug in CELL_TYPE_BY_SLUG]
    diseases = [DISEASE_BY_SLUG[slug] for slug in standing.diseases if slug in DISEASE_BY_SLUG]
    days = days_of_changes(changes)
    held = standing.registry_state not in _NO_LONGER
    card_labels = [item for item in labels if item.scheme in FIELD_BY_SLUG]
    why_labels = [item for item in labels if item.scheme not in FIELD_BY_SLUG]
    cautious = holding(record, public_cautions, today)
    read = [quote for item in labels for quote in item.evidence]
    read += [msgspec.to_builtins(quote) for item in cautious for quote in item.evidence if quote.marks]
    marks = Marks.of(record, read)
    card = trial_card(record, card_labels, kinds, marks)
    sections = [
        Section("facts", _("Main facts"), told.key_facts(record, today)),
        Section("about", _("What this trial is about"), told.about(record, marks)),
        Section("card", _("In short"), card),
        Section("given", _("What is given"), told.what_is_given(record, marks)),
        Section("who", _("Who can join"), told.who_can_join(record, marks)),
        Section("where", _("Where"), told.where(record)),
        Section("when", _("When"), told.when(record)),
        Section("risk", _("Risk and money"), _risk(kinds, diseases, risks or {})),
        Section("ask", _("Who to ask"), told.who_to_ask(record)),
        Section("changes", _("What has changed"), (days[:DAYS_OPEN], days[DAYS_OPEN:]) if days else None),
        Section("measured", _("What is measured"), told.outcomes(record, marks)),
        Section("results", _("Results"), results(record)),
        Section("design", _("How it is done"), told.design(record, marks)),
        Section("documents", _("Documents"), told.documents(record)),
        Section("references", _("References and links"), told.references(record)),
        Section("sharing", _("Sharing of data"), told.sharing(record)),
        Section("oversight", _("Oversight"), told.oversight(record)),
        Section("sponsors", _("Who runs it"), told.sponsors(record, standing.sponsor)),
        Section("record", _("The record"), told.details(record)),
        # What a curator wrote stands in the head of the page.
        Section("decided", _("What a curator decided"), decisions([it for it in overrides if it.field not in TEXTS])),
        Section("why", _("Why is this trial here?"), why_here(record, why_labels, memberships, standing.scope, marks)),
    ]
    sections = [section for section in sections if section.body]
    plain = anchored(plain_view(record, card, kinds, diseases, days, glossary), {section.id for section in sections})
    told_cautions = shown_cautions(record, cautious, siblings, public_cautions, marks)
    if told_cautions:
        sections.insert(0, Section("cautions", _("Reasons to ask further"), told_cautions))
    sections.insert(0, Section("plain", _("In plain words"), plain))
    title, acronym = line(record.title), line(record.protocol.identification.acronym)
    summary = line(record.protocol.description.brief_summary)
    return TrialPage(
        nct_id=record.nct_id,
        title=title,
        acronym=acronym if acronym and acronym not in title else "",
        description=Truncator(" ".join(summary.split())).chars(155),
        pill=_pill(status.overall_status, standing),
        explanation=str(known.explanation) if known else "",
        # The registry itself sets a status to unknown; no sponsor confirmed that.
        confirmed="" if status.overall_status == "UNKNOWN" else date_words(status.status_verified_date),
        last_known=label("status", status.last_known_status),
        why_stopped=line(status.why_stopped),
        fresh=freshness(status.overall_status, told.dates(record), today) if held else None,
        status_term=glossary.status(status.overall_status),
        kinds=kinds,
        diseases=diseases,
        sections=sections,
        standing=standing,
        indexed=standing.scope == "in_scope" and standing.registry_state == "present",
        registry_url=told.registry_url(record.nct_id),
        plain_title=written(overrides, PLAIN_TITLE),
        summary=written(overrides, SUMMARY),
        glossary=glossary,
        results_missing=bool(record.has_results) and not record.results,
    )


def _pill(word: str | None, standing: Standing) -> Pill:
    """The status; no longer in its own tone where the registry has dropped the record that says so."""
    pill = told.status_pill(word)
    if standing.registry_state not in _NO_LONGER:
        return pill
    return Pill(_("Was: %(status)s") % {"status": pill.label}, "unsure")


def _risk(kinds: list[CellType], diseases: list[Disease], risks: Mapping[str, Statements]) -> Risk | None:
    return Risk([(kind, risks.get(kind.slug, ())) for kind in kinds], diseases) if kinds else None
