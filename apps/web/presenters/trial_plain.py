"""A trial in plain words: sentences made from the record's facts and the card's readings, each with its place.

Every sentence is a template filled from one fact; nothing is concluded that the record or a label does not hold. What
a patient asks and the record leaves open is told as left open. The words of the record itself stand in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.languages import ENGLISH, RegistryText
from apps.guide.glossary import Glossary, Term
from apps.studies import records
from apps.studies.records import StudyRecord
from apps.vocabulary.countries import country_name
from apps.vocabulary.taxonomy import CellType, Disease
from apps.web.presenters.trial_card import TrialCard, Value
from apps.web.presenters.trial_changes import ChangeShown, DayOfChanges
from apps.web.presenters.trial_record import Person, people, person
from apps.web.presenters.words import ONLY_WATCHES, age_words, dated, label, line, number

# Sites, changes, contacts and sentences on money that the plain words name; the record has them all.
SITES_NAMED = 6
CHANGES_TOLD = 3
CONTACTS_TOLD = 2
QUOTES_TOLD = 3
NAMES_TOLD = 4
_LONGEST_QUOTE = 260
_NO_KIND = ""

# Where each part of the record stands on the page, and its heading there.
_PLACES: Mapping[str, Promise] = {
    "about": gettext_lazy("What this trial is about"),
    "facts": gettext_lazy("Main facts"),
    "card": gettext_lazy("In short"),
    "given": gettext_lazy("What is given"),
    "who": gettext_lazy("Who can join"),
    "where": gettext_lazy("Where"),
    "when": gettext_lazy("When"),
    "risk": gettext_lazy("Risk and money"),
    "ask": gettext_lazy("Who to ask"),
    "changes": gettext_lazy("What has changed"),
    "measured": gettext_lazy("What is measured"),
    "design": gettext_lazy("How it is done"),
}

_DRUGS = "cyclophosphamide|busulfan|melphalan|fludarabine|treosulfan|carmustine|etoposide|cytarabine"
_CHEMOTHERAPY = re.compile(rf"\b(?:chemotherap\w*|{_DRUGS})\b", re.IGNORECASE)
_WITH_CHEMOTHERAPY = re.compile(r"beam|cyclophosphamide|busulfan|melphalan|treosulfan|fludarabine")
_WITH_RADIATION = re.compile(r"tbi|tli|radiation")
# Words on who pays. "Cost" alone is mostly of society's costs, "insurance" mostly of a law on data.
_MONEY = re.compile(
    r"\b(?:pay(?:s|ing|ments?)? (?:for|by|to)|(?:will|must|to) pay|paid (?:for|by|to)|unpaid|fees?\b"
    r"|free of (?:charge|cost)|(?:no|at|without|free) (?:additional |extra )?costs? (?:to|for)"
    r"|costs? (?:to|for) (?:the )?(?:patient|participant|subject)"
    r"|reimburs\w+|(?:patient|self|participant)[- ](?:fund|sponsor|financ)\w+|self[- ]pay\w*|out[- ]of[- ]pocket"
    r"|(?:travel|transport\w*) (?:costs?|expenses)|charged? (?:to|for)"
    r"|(?:health|social|medical) insurance(?! portability))",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z(\d\"“])|\n+")

# Statuses in which a trial takes nobody, whatever its sites still say.
_CLOSED = {"ACTIVE_NOT_RECRUITING", "COMPLETED", "SUSPENDED", "TERMINATED", "WITHDRAWN"}

_COMPARED: Mapping[str, Promise] = {
    "placebo": gettext_lazy("Some people get a placebo: it has no active part."),
    "sham": gettext_lazy("Some people get a sham: it looks like the treatment and is not."),
    "standard-care": gettext_lazy("Some people get the usual care."),
    "active-drug": gettext_lazy("Some people get another drug or treatment."),
    "no-treatment": gettext_lazy("Some people get no treatment from the trial."),
    "dose-comparison": gettext_lazy("The groups get different doses of the cells."),
    "cell-comparison": gettext_lazy("The groups get other cells, or get them in another way."),
    "delayed-treatment": gettext_lazy("Some people get the cells later than others."),
    "unspecified": gettext_lazy("Some people are in a group to compare with. The record does not say what they get."),
    "historical": gettext_lazy("The results are held against those of people treated before."),
    "none": gettext_lazy("There is no group to compare with."),
}
_MSC_DONORS: Mapping[str, Promise] = {
    "autologous": gettext_lazy("They are the person's own cells."),
    "allogeneic": gettext_lazy("They come from another person, a donor."),
    "related": gettext_lazy("The donor is a relative."),
}
_HSC_DONORS: Mapping[str, Promise] = {
    "autologous": gettext_lazy("The cells are the person's own. They are taken first and given back later."),
    "allogeneic": gettext_lazy("The cells come from another person, a donor."),
    "related": gettext_lazy("The donor is a relative."),
}
_BOTH = frozenset({"autologous", "allogeneic"})


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence, and the part of the page that has it in the record.

    `quotes`: the record's own words. `absent`: the record does not say.
    """

    text: str
    href: str
    part: str
    quotes: tuple[str, ...] = ()
    absent: bool = False

    @property
    def place(self) -> str:
        """The heading of that part of the page."""
        return str(_PLACES[self.part])


@dataclass(frozen=True, slots=True)
class Block:
    """What answers one question of a patient. `people` are contacts: personal data, for this page and its sheet."""

    slug: str
    title: str
    told: list[Told]
    people: list[Person]

    @property
    def text(self) -> str:
        """The sentences as running text, without quotes."""
        return " ".join(told.text for told in self.told)


def say(text: str, place: str, *, href: str = "", quotes: Sequence[str] = (), absent: bool = False) -> Told:
    """A sentence that the part `place` of the page bears out; `href` leads to the very words where they are marked."""
    return Told(text, href or f"#{place}", place, tuple(quotes), absent)


def unsaid(text: str, place: str) -> Told:
    """That the record does not say something."""
    return say(text, place, absent=True)


@dataclass(frozen=True, slots=True)
class Readings:
    """The card's values by kind of cells and field; those of the trial, and of cells of no known kind, under ""."""

    values: Mapping[tuple[str, str], list[Value]]
    read: bool

    @classmethod
    def of(cls, card: TrialCard | None) -> Readings:
        found: dict[tuple[str, str], list[Value]] = {}
        if card:
            parts = [(item.kind.slug if item.kind else _NO_KIND, part) for item in card.cards for part in item.parts]
            parts += [(_NO_KIND, part) for part in (card.gates, *card.trial)]
            found = {(kind, row.slug): row.values for kind, part in parts for row in part.rows if row.values}
        return cls(found, card is not None)

    def get(self, kind: str, slug: str) -> list[Value]:
        return self.values.get((kind, slug), [])


def plain_view(
    record: StudyRecord,
    card: TrialCard | None,
    kinds: Sequence[CellType],
    diseases: Sequence[Disease],
    days: Sequence[DayOfChanges],
    glossary: Glossary,
) -> list[Block]:
    """The questions of a patient in their order, each with its sentences. Every question is answered or left open."""
    readings = Readings.of(card)
    contacts = record.protocol.contacts_locations.central_contacts
    asked = (
        ("tested", _("What is being tested"), _tested(record, readings, kinds, diseases, glossary)),
        ("join", _("Who can join"), _join(record, card)),
        ("involves", _("What it involves"), _involves(record, readings, kinds)),
        ("places", _("Where"), _places(record)),
        ("long", _("How long"), _long(record, readings)),
        ("money", _("Who pays"), _money(record)),
        ("contact", _("Whom to contact"), _contact(record)),
        ("lately", _("What has changed lately"), _lately(days)),
    )
    return [
        Block(
            f"plain-{slug}",
            title,
            list(told),
            [person(contact) for contact in contacts[:CONTACTS_TOLD]] if slug == "contact" else [],
        )
        for slug, title, told in asked
    ]


def anchored(blocks: Sequence[Block], parts: Collection[str]) -> list[Block]:
    """The same, where a sentence whose part of the page is left out leads to the facts, which say so as well."""

    def led(told: Told) -> Told:
        return told if told.part in parts else replace(told, href="#facts", part="facts")

    return [replace(block, told=[led(told) for told in block.told]) for block in blocks]


# What is being tested


def _tested(
    record: StudyRecord,
    readings: Readings,
    kinds: Sequence[CellType],
    diseases: Sequence[Disease],
    glossary: Glossary,
) -> Iterator[Told]:
    design = record.protocol.design
    if design.study_type == "OBSERVATIONAL":
        yield say(str(ONLY_WATCHES), "design")
    elif design.study_type == "EXPANDED_ACCESS":
        yield say(_("This is no trial. It is a way to get a treatment outside of one."), "design")
    slugs = [kind.slug for kind in kinds]
    if "msc" in slugs:
        yield from _msc(readings, design.study_type)
    if "hsc" in slugs:
        yield from _hsc(readings, design.study_type)
    if not slugs:
        yield unsaid(_("Our rules cannot tell from the record which kind of cells this is about."), "given")
    elif unclear := [value.words for field in ("source", "donor") for value in readings.get(_NO_KIND, field)]:
        told = _("Of one of the two kinds of cells, the record also says: %(words)s.")
        yield say(told % {"words": _lower(unclear)}, "card")
    yield _for_whom(record, diseases)
    terms = glossary.phases(word for word in design.phases if word)
    yield from (say(_explanation(term), "facts") for term in terms)
    if not terms and design.study_type == "INTERVENTIONAL":
        yield unsaid(_("The record gives no phase."), "facts")
    yield _main_measure(record)


def _explanation(term: Term) -> str:
    """A term in a line; marked where it is told in English on a page of another language."""
    told = f"{term.name}: {term.text}"
    return RegistryText(told) if term.language == ENGLISH else told


def _msc(readings: Readings, study_type: str | None) -> Iterator[Told]:
    """An infusion of cells, or another way of giving them: never told in the words of a transplant."""
    routes = readings.get("msc", "route")
    if study_type != "INTERVENTIONAL":
        yield say(_("It is about mesenchymal cells (MSC). They are given as a drug would be."), "given")
    elif [value.code for value in routes] == ["intravenous"]:
        yield _read(_("This trial tests an infusion: mesenchymal cells (MSC) are let into a vein."), routes)
    elif routes:
        told = _("This trial tests mesenchymal cells (MSC). They are put into the body this way: %(ways)s.")
        yield _read(told % {"ways": _lower(value.words for value in routes)}, routes)
    else:
        yield say(_("This trial tests mesenchymal cells (MSC). They are put into the body."), "given")
        yield unsaid(_("We did not find in the record in which way."), "given")
    yield from _origin(readings, "msc", _MSC_DONORS)


def _hsc(readings: Readings, study_type: str | None) -> Iterator[Told]:
    """Strong treatment and a transplant."""
    if study_type == "INTERVENTIONAL":
        yield say(_("This trial tests strong treatment and a transplant of cells that form blood (HSC)."), "given")
    else:
        yield say(_("It is about strong treatment and a transplant of cells that form blood (HSC)."), "given")
    yield from _origin(readings, "hsc", _HSC_DONORS)


def _origin(readings: Readings, kind: str, donors: Mapping[str, Promise]) -> Iterator[Told]:
    if sources := readings.get(kind, "source"):
        told = _("The cells are taken from: %(tissues)s.") % {"tissues": _lower(value.words for value in sources)}
        yield _read(told, sources)
    elif not readings.get(_NO_KIND, "source"):
        yield unsaid(_("We did not find in the record from which part of the body the cells come."), "given")
    if found := readings.get(kind, "donor"):
        yield _read(_whose(found, donors), found)
    elif not readings.get(_NO_KIND, "donor"):
        yield unsaid(_("We did not find in the record whose cells they are."), "given")


def _whose(found: Sequence[Value], donors: Mapping[str, Promise]) -> str:
    """Whose the cells are. Own cells and a donor's are never told of the same cells."""
    told = [str(donors.get(value.code) or f"{value.words}.") for value in found if value.code not in _BOTH]
    if {value.code for value in found} >= _BOTH:
        # Where the record contradicts itself, no more is told than that it names both.
        doubtful = any(value.doubtful for value in found if value.code in _BOTH)
        both = _("The record names both the person's own cells and cells from another person, a donor.")
        some = _("Some of the cells are the person's own. Others come from another person, a donor.")
        return " ".join((both if doubtful else some, *told))
    return " ".join(str(donors.get(value.code) or f"{value.words}.") for value in found)


def _for_whom(record: StudyRecord, diseases: Sequence[Disease]) -> Told:
    names = [str(disease.name) for disease in diseases]
    if not names:
        names = [line(text) for text in record.protocol.conditions.conditions if text][:NAMES_TOLD]
    if not names:
        return unsaid(_("The record does not say for which illness."), "about")
    return say(_("It is for people with this illness: %(names)s.") % {"names": "; ".join(names)}, "about")


def _main_measure(record: StudyRecord) -> Told:
    measures = [line(item.measure) for item in record.protocol.outcomes.primary_outcomes if item.measure]
    if not measures:
        return unsaid(_("The record does not say what is measured above all."), "facts")
    return say(_("What is measured above all, in the record's words:"), "measured", quotes=_quoted(measures))


# Who can join


def _join(record: StudyRecord, card: TrialCard | None) -> Iterator[Told]:
    module = record.protocol.eligibility
    if not module:
        yield unsaid(_("The record does not say who can join."), "facts")
        return
    if card and card.gates.stated:
        for row in card.gates.stated:
            for value in row.values:
                yield _read(f"{value.words}.", [value], "who")
        if card.gates.unstated:
            told = _("Our reading found nothing in the record on: %(fields)s.")
            yield unsaid(told % {"fields": _lower(card.gates.unstated)}, "who")
    else:
        ages = age_words(module.minimum_age, module.maximum_age)
        yield (
            say(_("Age: %(ages)s.") % {"ages": ages}, "who")
            if ages
            else unsaid(_("The record sets no limit of age."), "who")
        )
        sex = label("sex", module.sex)
        yield (
            say(_("Sex: %(sex)s.") % {"sex": sex.lower()}, "who")
            if sex
            else unsaid(_("The record does not say which sexes can join."), "who")
        )
    if module.healthy_volunteers:
        yield say(_("People who do not have the illness can join too."), "who")
    yield say(_("There may be more rules. Only the trial's team can say if you can join."), "who")


# What it involves


def _involves(record: StudyRecord, readings: Readings, kinds: Sequence[CellType]) -> Iterator[Told]:
    yield from _groups(record)
    yield from _compared(record, readings)
    yield from _known(record)
    slugs = [kind.slug for kind in kinds]
    if "msc" in slugs:
        yield from _times(readings)
        yield from _beside(record, readings, alone="hsc" not in slugs)
    if "hsc" in slugs and record.protocol.design.study_type != "OBSERVATIONAL":
        yield from _steps(record, readings)
    procedures = [
        line(item.name)
        for item in record.protocol.arms_interventions.interventions
        if item.type in {"PROCEDURE", "RADIATION", "DEVICE", "DIAGNOSTIC_TEST"} and item.name
    ]
    if procedures:
        yield say(_("Procedures and tests that the record names:"), "given", quotes=_quoted(procedures))
    told = _("The registry has no field for the number of visits or nights away. Ask the team.")
    yield unsaid(told, "when")


def _groups(record: StudyRecord) -> Iterator[Told]:
    design, arms = record.protocol.design.design_info, record.protocol.arms_interventions.arm_groups
    count = len(arms)
    if count > 1:
        yield say(ngettext("There is %(n)s group.", "There are %(n)s groups.", count) % {"n": number(count)}, "given")
        if design.allocation == "RANDOMIZED":
            yield say(_("Chance plays a part in who is in which group."), "design")
        elif design.allocation == "NON_RANDOMIZED":
            yield say(_("It is not left to chance who is in which group."), "design")
        else:
            yield unsaid(_("The record does not say what decides who is in which group."), "design")
    elif count == 1 or design.intervention_model == "SINGLE_GROUP":
        yield say(_("There is one group. All who join get the same."), "given" if count else "design")
    else:
        yield unsaid(_("The record does not say how many groups there are."), "facts")


def _compared(record: StudyRecord, readings: Readings) -> Iterator[Told]:
    values = readings.get(_NO_KIND, "comparator")
    arm_types = {arm.type for arm in record.protocol.arms_interventions.arm_groups}
    codes = {value.code for value in values}
    for value in values:
        yield _read(str(_COMPARED.get(value.code) or f"{value.words}."), [value], "design")
    for word, code in (("PLACEBO_COMPARATOR", "placebo"), ("SHAM_COMPARATOR", "sham")):
        if word in arm_types and code not in codes:
            yield say(str(_COMPARED[code]), "given")
            codes.add(code)
    if not codes & {"placebo", "sham"}:
        if codes or arm_types - {None}:
            yield say(_("The record names no placebo."), "given")
        else:
            yield unsaid(_("The record does not say whether some people get a placebo."), "facts")


def _known(record: StudyRecord) -> Iterator[Told]:
    masking = record.protocol.design.design_info.masking_info
    who = set(masking.who_masked)
    if masking.masking == "NONE":
        yield say(_("All know who gets what."), "design")
    elif {"PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR"} <= who:
        yield say(_("You would not know what you get. Nor would those who treat you or run the trial."), "design")
    elif {"PARTICIPANT", "CARE_PROVIDER"} <= who:
        yield say(_("You would not know what you get. Nor would those who treat you."), "design")
    elif {"PARTICIPANT", "INVESTIGATOR"} <= who:
        yield say(_("You would not know what you get. Nor would those who run the trial."), "design")
    elif "PARTICIPANT" in who:
        yield say(_("You would not know what you get."), "design")
    elif who or masking.masking:
        yield say(_("Some people in the trial or its team do not know who gets what."), "design")
    elif record.protocol.design.study_type == "INTERVENTIONAL":
        yield unsaid(_("The record does not say who knows who gets what."), "design")


def _times(readings: Readings) -> Iterator[Told]:
    if times := readings.get("msc", "administrations"):
        told = _("The cells are given %(times)s.") % {"times": _or(times)}
        if apart := readings.get("msc", "interval"):
            told = _("The cells are given %(times)s, %(apart)s.") % {"times": _or(times), "apart": _or(apart)}
        yield _read(told, times)
    else:
        yield unsaid(_("We did not find in the record how often the cells are given."), "given")
    if doses := readings.get("msc", "dose"):
        yield _read(_("One dose is: %(doses)s.") % {"doses": _or(doses)}, doses)


def _beside(record: StudyRecord, readings: Readings, *, alone: bool) -> Iterator[Told]:
    """Whether chemotherapy goes with the cells; of a trial that gives a transplant too, the transplant tells that."""
    others = readings.get("msc", "co_treatment")
    if others:
        told = _("Given with the cells: %(names)s.") % {"names": "; ".join(value.words for value in others)}
        yield _read(told, others)
    if any(_CHEMOTHERAPY.search(value.code) for value in others):
        yield _read(_("Part of this is chemotherapy."), others)
    elif alone and (named := _named_chemotherapy(record)):
        told = _("The record names chemotherapy with what is given. Ask who would get it, and why:")
        yield say(told, "given", quotes=_quoted(named))
    elif alone and record.protocol.arms_interventions:
        yield say(_("We found no chemotherapy in what is given."), "given")
    elif alone:
        yield unsaid(_("The record does not say what is given, so it does not tell of chemotherapy."), "facts")


def _named_chemotherapy(record: StudyRecord) -> list[str]:
    module = record.protocol.arms_interventions
    texts = [text for item in module.interventions for text in (item.name, item.description)]
    texts += [text for arm in module.arm_groups for text in (arm.label, arm.description)]
    found = [match[0] for text in texts if text for match in _CHEMOTHERAPY.finditer(text)]
    return list({word.lower(): word for word in found}.values())


def _steps(record: StudyRecord, readings: Readings) -> Iterator[Told]:
    """A transplant in its order: cells are taken, strong treatment is given, the cells are given."""
    own = any(value.code == "autologous" for value in readings.get("hsc", "donor"))
    if drugs := readings.get("hsc", "mobilisation"):
        told = _("First, drugs move the cells into the blood, and they are taken from there: %(drugs)s.")
        yield _read(told % {"drugs": _or(drugs)}, drugs)
    elif own:
        yield unsaid(
            _("First, the cells are taken. We did not find in the record which drugs are used for this."), "given"
        )
    conditioning = readings.get("hsc", "conditioning")
    if conditioning:
        told = _("Then comes strong treatment: %(drugs)s.") % {"drugs": "; ".join(item.words for item in conditioning)}
        yield _read(told, conditioning)
        if any(_WITH_CHEMOTHERAPY.search(item.code) for item in conditioning):
            yield _read(_("It is chemotherapy, or chemotherapy is part of it."), conditioning)
        if any(_WITH_RADIATION.search(item.code) for item in conditioning):
            yield _read(_("Radiation is part of it."), conditioning)
    else:
        named = _named_chemotherapy(record)
        told = _("Then comes strong treatment. We did not find in the record which. Ask if it is chemotherapy.")
        if named:
            told = _("Then comes strong treatment. We could not read in the record which. It names:")
        yield say(told, "given", quotes=_quoted(named), absent=not named)
    by_vein = any(value.code == "intravenous" for value in readings.get("hsc", "route"))
    last = _("Last, the cells are given through a vein.") if by_vein else _("Last, the cells are given.")
    yield say(last, "given")


# Where


def _places(record: StudyRecord) -> Iterator[Told]:
    sites = record.protocol.contacts_locations.locations
    if not sites:
        yield unsaid(
            _("The record lists no place."), "where" if record.derived.misc_info.removed_countries else "facts"
        )
        return
    countries = {country_name(site.country) for site in sites if site.country}
    count = ngettext("The record lists %(n)s site", "The record lists %(n)s sites", len(sites)) % {
        "n": number(len(sites))
    }
    told = ngettext("%(sites)s in %(n)s country.", "%(sites)s in %(n)s countries.", len(countries))
    yield say(told % {"sites": count, "n": number(len(countries))} if countries else f"{count}.", "where")
    if record.protocol.status.overall_status in _CLOSED:
        told = _("The trial takes no new people, so none of its sites does. The sites:")
        yield say(told, "where", quotes=_sites(sites, with_status=False))
        return
    recruiting = [site for site in sites if site.status == "RECRUITING"]
    if recruiting:
        told = ngettext("%(n)s of them takes people now:", "%(n)s of them take people now:", len(recruiting))
        yield say(told % {"n": number(len(recruiting))}, "where", quotes=_sites(recruiting))
        return
    if any(site.status for site in sites):
        yield say(_("The record names no site that takes people now."), "where", quotes=_sites(sites))
    else:
        told = _("The record does not say whether each site takes people now. The sites:")
        yield say(told, "where", quotes=_sites(sites), absent=True)


def _sites(sites: Sequence[records.Location], *, with_status: bool = True) -> list[str]:
    named = [site_line(site, with_status=with_status) for site in sites[:SITES_NAMED]]
    if (more := len(sites) - SITES_NAMED) > 0:
        named.append(ngettext("and %(n)s more", "and %(n)s more", more) % {"n": number(more)})
    return named


def site_line(site: records.Location, *, with_status: bool = True) -> str:
    """A site in one line: its place, its name, and its status where the record has one."""
    place = ", ".join(text for text in (line(site.city), country_name(site.country) if site.country else "") if text)
    name = ": ".join(text for text in (place, line(site.facility)) if text) or _("a place that is not named")
    return f"{name} ({label('status', site.status)})" if site.status and with_status else name


# How long


def _long(record: StudyRecord, readings: Readings) -> Iterator[Told]:
    status = record.protocol.status
    if start := dated(status.start_date):
        yield say(_("Start: %(date)s.") % {"date": start}, "when")
    else:
        yield unsaid(_("The record does not say when it starts."), "facts")
    if end := dated(status.completion_date):
        yield say(_("End: %(date)s.") % {"date": end}, "when")
    elif end := dated(status.primary_completion_date):
        yield say(_("Last visit for the main result: %(date)s.") % {"date": end}, "when")
    else:
        yield unsaid(_("The record does not say when it ends."), "facts")
    if follow_up := readings.get(_NO_KIND, "follow_up"):
        told = _("People are checked for up to: %(time)s.") % {"time": _or(follow_up)}
        yield _read(told, follow_up, "measured")
    elif duration := line(record.protocol.design.target_duration):
        yield say(_("Each person is followed for: %(time)s.") % {"time": duration}, "when")
    else:
        yield unsaid(_("The record does not say how long each person takes part."), "facts")
    if count := people(record):
        yield say(_("People in the trial: %(count)s.") % {"count": count}, "facts")
    else:
        yield unsaid(_("The record does not say how many people take part."), "facts")


# Who pays


def _money(record: StudyRecord) -> Iterator[Told]:
    """The record's own sentences with words on money; the registry has no field for it."""
    module = record.protocol.description
    found: dict[str, list[str]] = {}
    for place, text in (
        ("about", record.protocol.identification.official_title),
        ("about", module.brief_summary),
        ("about", module.detailed_description),
        ("who", record.protocol.eligibility.eligibility_criteria),
        *(("given", item.description) for item in record.protocol.arms_interventions.interventions),
        *(("given", arm.description) for arm in record.protocol.arms_interventions.arm_groups),
    ):
        for sentence in _SENTENCE_END.split(text or ""):
            if _MONEY.search(sentence):
                found.setdefault(place, []).append(line(sentence))
    for place, sentences in found.items():
        yield say(_("The record's words that may be about money:"), place, quotes=_quoted(sentences, QUOTES_TOLD))
    if not found:
        yield unsaid(_("We found nothing in the record on who pays. The registry has no field for it."), "risk")
    told = _("Ask in writing who pays for the treatment, for the trips, and for care if something goes wrong.")
    yield say(told, "risk")


# Whom to contact, what has changed


def _contact(record: StudyRecord) -> Iterator[Told]:
    module = record.protocol.contacts_locations
    if module.central_contacts:
        yield say(_("The record names for the whole trial:"), "ask")
    elif any(site.contacts for site in module.locations):
        yield say(_("The record names people to ask at single sites."), "where")
    else:
        yield unsaid(_("The record names no one to ask."), "ask")
        if sponsor := line(record.protocol.sponsor_collaborators.lead_sponsor.name):
            yield say(_("Your doctor can write to the sponsor: %(name)s.") % {"name": sponsor}, "facts")


def _lately(days: Sequence[DayOfChanges]) -> Iterator[Told]:
    first = _("First seen by us")
    seen = [(day.day, change) for day in days for change in day.changes]
    changes = [(day, change) for day, change in seen if change.fact != first]
    for day, change in changes[:CHANGES_TOLD]:
        yield say(_("Seen on %(day)s: %(change)s.") % {"day": day, "change": _change(change)}, "changes")
    if not changes and seen:
        yield say(
            _("We have had this record since %(day)s. We have seen no change in it.") % {"day": seen[-1][0]}, "changes"
        )
    elif not changes:
        yield unsaid(_("We have seen no change in this record."), "facts")


def _change(change: ChangeShown) -> str:
    parts = [f"{change.old} → {change.new}" if change.old else change.new]
    if change.added:
        parts.append(_("added: %(items)s") % {"items": "; ".join(change.added)})
    if change.removed:
        parts.append(_("taken out: %(items)s") % {"items": "; ".join(change.removed)})
    told = "; ".join(part for part in parts if part)
    return f"{change.fact}: {told}" if told else change.fact


# Words


def unsure(text: str) -> str:
    """A doubtful reading with the mark that it is one."""
    return _("%(text)s (We are not sure that we read this right.)") % {"text": text}


def _read(text: str, values: Sequence[Value], place: str = "card") -> Told:
    """A sentence from readings of the card; it leads to the words that the first was read from."""
    text = unsure(text) if any(value.doubtful for value in values) else text
    links = (item.link for value in values for reason in value.reasons for item in reason.quotations if item.link)
    return say(text, place, href=next(links, ""))


def _lower(words: Iterable[str]) -> str:
    """Several values within a sentence: "bone marrow; cord blood". An abbreviation keeps its capitals."""
    return "; ".join(word[:1].lower() + word[1:] if word[1:2].islower() else word for word in words)


def _or(values: Sequence[Value]) -> str:
    return _(" or ").join(
        value.words[:1].lower() + value.words[1:] if value.words[1:2].islower() else value.words for value in values
    )


def _quoted(texts: Sequence[str], most: int = NAMES_TOLD) -> list[str]:
    """The record's own words, the first few, each cut where it is long."""
    shown: list[str] = [RegistryText(f"“{Truncator(text).chars(_LONGEST_QUOTE)}”") for text in texts[:most]]
    if (more := len(texts) - most) > 0:
        shown.append(ngettext("and %(n)s more", "and %(n)s more", more) % {"n": number(more)})
    return shown
