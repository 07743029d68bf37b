"""Results that the sponsor posted: who took part, who they were, what was measured, what went wrong.

Figures are shown as the registry has them, text for text. Groups are joined by their ids, which are not shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.studies import records
from apps.studies.records import StudyRecord
from apps.web.presenters.trial_record import Fact, Person, given
from apps.web.presenters.words import date_words, label, line, number, prose, yes_no

# Up to this many outcome measures all stand open; beyond, only the main ones.
MEASURES_OPEN = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table. `head` and `cells` are text or safe HTML."""

    head: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a table under a common heading; `note` says more about them."""

    title: str
    note: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: what its lines are, one column a group, and blocks of lines."""

    caption: str
    corner: str
    columns: list[str]
    blocks: list[Block]

    @property
    def width(self) -> int:
        return len(self.columns) + 1


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Flow:
    facts: list[Fact]
    groups: list[Group]
    periods: list[Grid]


@dataclass(frozen=True, slots=True)
class Baseline:
    facts: list[Fact]
    groups: list[Group]
    grid: Grid


@dataclass(frozen=True, slots=True)
class Measure:
    title: str
    kind: str
    open: bool
    description: str
    facts: list[Fact]
    groups: list[Group]
    grid: Grid | None
    analyses: list[list[Fact]]


@dataclass(frozen=True, slots=True)
class Events:
    facts: list[Fact]
    groups: list[Group]
    totals: Grid
    serious: Grid | None
    other: Grid | None
    serious_count: str
    other_count: str


@dataclass(frozen=True, slots=True)
class Results:
    flow: Flow | None
    baseline: Baseline | None
    measures: list[Measure]
    events: Events | None
    limitations: str
    agreement: list[Fact]
    contact: list[Person]


def results(record: StudyRecord) -> Results | None:
    section = record.results
    if not section:
        return None
    more = section.more_info
    point = more.point_of_contact
    contact = Person(
        line(point.title),
        "",
        str(_phone(point)),
        _digits(point.phone),
        str(line(point.email)),
        line(point.organization),
    )
    return Results(
        _flow(section.participant_flow) if section.participant_flow else None,
        _baseline(section.baseline_characteristics) if section.baseline_characteristics else None,
        _measures(section.outcome_measures.outcome_measures),
        _events(section.adverse_events) if section.adverse_events else None,
        prose(more.limitations_and_caveats.description),
        _agreement(more.certain_agreement),
        [contact] if point else [],
    )


def _phone(point: records.PointOfContact) -> str:
    if not point.phone_ext:
        return line(point.phone)
    return _("%(phone)s, extension %(extension)s") % {"phone": line(point.phone), "extension": line(point.phone_ext)}


def _digits(phone: str | None) -> str:
    return "".join(sign for sign in phone or "" if sign.isdigit() or sign == "+")


def _groups(groups: Iterable[records.FlowGroup | records.MeasureGroup | records.EventGroup]) -> list[Group]:
    return [Group(line(group.title), prose(group.description)) for group in groups]


def _titles(groups: Iterable[records.FlowGroup | records.MeasureGroup | records.EventGroup]) -> list[str]:
    return [line(group.title) for group in groups]


def _by_group(items: Iterable[Any], order: Sequence[str | None], tell: Callable[[Any], str]) -> list[str]:
    """One cell a group, in the groups' order; a group that the registry says nothing of gets a dash."""
    told: dict[str | None, str] = {}
    for item in items:
        text, key = tell(item), item.group_id
        told[key] = format_html("{}; {}", told[key], text) if key in told else text
    return [told.get(key, "–") for key in order]


# Participant flow


def _flow(module: records.ParticipantFlowModule) -> Flow:
    order, titles = [group.id for group in module.groups], _titles(module.groups)
    facts = given(
        Fact(_("How people were found"), prose(module.recruitment_details)),
        Fact(_("Before the groups were formed"), prose(module.pre_assignment_details)),
        Fact(_("Counted in"), line(module.type_units_analyzed)),
    )
    return Flow(facts, _groups(module.groups), [_period(period, order, titles) for period in module.periods])


def _period(period: records.FlowPeriod, order: Sequence[str | None], titles: list[str]) -> Grid:
    milestones = [
        Row(_with_note(line(step.type).capitalize(), step.comment), _by_group(step.achievements, order, _flow_cell))
        for step in period.milestones
    ]
    reasons = [
        Row(_with_note(line(step.type), step.comment), _by_group(step.reasons, order, _flow_cell))
        for step in period.drop_withdraws
    ]
    blocks = [Block("", "", milestones)] if milestones else []
    if reasons:
        blocks.append(Block(_("Why people left"), "", reasons))
    return Grid(line(period.title), _("Step"), titles, blocks)


def _flow_cell(item: records.FlowStats) -> str:
    figures = line(item.num_subjects)
    if item.num_units:
        figures = " ".join(text for text in (figures, _("(%(units)s units)") % {"units": line(item.num_units)}) if text)
    return _with_note(figures, item.comment)


def _with_note(text: str, note: str | None) -> str:
    return format_html('{} <span class="quiet">{}</span>', text, line(note)) if note else text


# Baseline and outcome measures


def _baseline(module: records.BaselineCharacteristicsModule) -> Baseline:
    order = [group.id for group in module.groups]
    blocks = [Block("", "", _denoms(module.denoms, order))] if module.denoms else []
    blocks += [
        Block(
            _measure_title(line(item.title), item),
            _notes(item.description, item.population_description, _units_note(item)),
            [*_denoms(item.denoms, order), *_rows(item.classes, order, item.param_type)],
        )
        for item in module.measures
    ]
    facts = given(
        Fact(_("Who is counted"), prose(module.population_description)),
        Fact(_("Counted in"), line(module.type_units_analyzed)),
    )
    grid = Grid(_("People at the start"), _("Measure"), _titles(module.groups), blocks)
    return Baseline(facts, _groups(module.groups), grid)


def _measures(items: Sequence[records.OutcomeMeasure]) -> list[Measure]:
    few = len(items) <= MEASURES_OPEN
    return [_measure(item, few or item.type == "PRIMARY") for item in items]


def _measure(item: records.OutcomeMeasure, stands_open: bool) -> Measure:
    order = [group.id for group in item.groups]
    rows = [*_denoms(item.denoms, order), *_rows(item.classes, order, item.param_type)]
    facts = given(
        Fact(_("Time frame"), line(item.time_frame)),
        Fact(_("Who is counted"), prose(item.population_description)),
        Fact(_("Given as"), _given_as(item)),
        Fact(
            _("Counted in"),
            " · ".join(line(text) for text in (item.type_units_analyzed, item.denom_units_selected) if text),
        ),
        Fact(_("Shown as per cent"), yes_no(item.calculate_pct)),
        Fact(
            _("Figures"), label("reporting_status", item.reporting_status) if item.reporting_status != "POSTED" else ""
        ),
        Fact(_("Posting expected"), date_words(item.anticipated_posting_date)),
    )
    titles = dict(zip(order, _titles(item.groups), strict=True))
    return Measure(
        line(item.title),
        label("outcome_type", item.type),
        stands_open,
        prose(item.description),
        facts,
        _groups(item.groups),
        Grid(line(item.title), _("Measure"), list(titles.values()), [Block("", "", rows)]) if rows else None,
        [_analysis(analysis, titles) for analysis in item.analyses],
    )


def _given_as(item: records.BaselineMeasure | records.OutcomeMeasure) -> str:
    param, spread = label("measure_param", item.param_type), label("dispersion_type", item.dispersion_type)
    told = f"{param} ({spread})" if param and spread and item.dispersion_type != "NA" else param or spread
    return ", ".join(text for text in (told, line(item.unit_of_measure)) if text)


def _measure_title(title: str, item: records.BaselineMeasure) -> str:
    how = _given_as(item)
    return format_html('{} <span class="quiet">{}</span>', title, how) if how else title


def _units_note(item: records.BaselineMeasure) -> str:
    told = []
    if item.denom_units_selected:
        told.append(_("Counted in: %(units)s") % {"units": line(item.denom_units_selected)})
    if item.calculate_pct is not None:
        told.append(_("Shown as per cent: %(answer)s") % {"answer": yes_no(item.calculate_pct)})
    return ". ".join(told)


def _notes(*texts: str | None) -> str:
    told = [text for text in texts if text]
    return prose("\n\n".join(told)) if told else ""


def _denoms(denoms: Sequence[records.Denom], order: Sequence[str | None]) -> list[Row]:
    return [
        Row(
            _("%(units)s counted") % {"units": line(denom.units)} if denom.units else _("Counted"),
            _by_group(denom.counts, order, lambda count: line(count.value)),
        )
        for denom in denoms
    ]


def _rows(classes: Sequence[records.MeasureClass], order: Sequence[str | None], param: str | None) -> list[Row]:
    rows: list[Row] = []
    for item in classes:
        title = line(item.title)
        rows += [Row(f"{title}: {row.head}" if title else row.head, row.cells) for row in _denoms(item.denoms, order)]
        for category in item.categories:
            head = " – ".join(text for text in (title, line(category.title)) if text)
            rows.append(
                Row(
                    head or label("measure_param", param) or _("Value"),
                    _by_group(category.measurements, order, _figure),
                )
            )
    return rows


def _figure(item: records.Measurement) -> str:
    text = line(item.value)
    if item.spread:
        text = f"{text} ({line(item.spread)})"
    if item.lower_limit or item.upper_limit:
        limits = _("%(low)s to %(high)s") % {
            "low": line(item.lower_limit) or "?",
            "high": line(item.upper_limit) or "?",
        }
        text = f"{text} ({limits})" if text else limits
    return _with_note(text, item.comment)


def _analysis(item: records.MeasureAnalysis, titles: dict[str | None, str]) -> list[Fact]:
    side = label("interval_sides", item.ci_num_sides)
    interval = ""
    if item.ci_lower_limit or item.ci_upper_limit:
        interval = _("%(low)s to %(high)s") % {
            "low": line(item.ci_lower_limit) or "?",
            "high": line(item.ci_upper_limit) or "?",
        }
    about = ", ".join(text for text in (f"{line(item.ci_pct_value)} %" if item.ci_pct_value else "", side) if text)
    spread = label("dispersion_type", item.dispersion_type)
    tested = yes_no(item.tested_non_inferiority)
    return given(
        Fact(_("Groups compared"), "; ".join(titles.get(key) or key for key in item.group_ids)),
        Fact(_("What is compared"), prose(item.group_description)),
        Fact(
            _("Question"), label("non_inferiority_type", item.non_inferiority_type), prose(item.non_inferiority_comment)
        ),
        Fact(_("Non-inferiority tested"), tested),
        Fact(_("Method"), line(item.statistical_method), prose(item.statistical_comment)),
        Fact(_("P value"), line(item.p_value), prose(item.p_value_comment)),
        Fact(
            _("Estimate"),
            " ".join(line(text) for text in (item.param_value, item.param_type and f"({item.param_type})") if text),
            prose(item.estimate_comment),
        ),
        Fact(
            _("Confidence interval"),
            f"{interval} ({about})" if interval and about else interval or about,
            _notes(item.ci_lower_limit_comment, item.ci_upper_limit_comment),
        ),
        Fact(
            _("Spread"),
            " ".join(text for text in (line(item.dispersion_value), f"({spread})" if spread else "") if text),
        ),
        Fact(_("Other analysis"), prose(item.other_analysis_description)),
    )


# Adverse events


def _events(module: records.AdverseEventsModule) -> Events:
    groups = module.event_groups
    titles, order = _titles(groups), [group.id for group in groups]
    of = _("%(n)s of %(all)s")

    def share(affected: int | None, at_risk: int | None) -> str:
        if affected is None:
            return _("of %(all)s") % {"all": number(at_risk)} if at_risk is not None else "–"
        return of % {"n": number(affected), "all": number(at_risk)} if at_risk is not None else number(affected)

    totals = [
        Row(_("Died, of any cause"), [share(group.deaths_num_affected, group.deaths_num_at_risk) for group in groups]),
        Row(_("Serious events"), [share(group.serious_num_affected, group.serious_num_at_risk) for group in groups]),
        Row(_("Other events"), [share(group.other_num_affected, group.other_num_at_risk) for group in groups]),
    ]
    facts = given(
        Fact(_("Time frame"), line(module.time_frame)),
        Fact(_("How events were collected"), prose(module.description)),
        Fact(
            _("Other events are listed from"),
            _("%(share)s %% of people in a group") % {"share": line(module.frequency_threshold)}
            if module.frequency_threshold
            else "",
        ),
        Fact(_("About deaths"), prose(module.all_cause_mortality_comment)),
    )
    every = (*module.serious_events, *module.other_events)
    usual = _usual(event.source_vocabulary for event in every), _usual(event.assessment_type for event in every)
    if usual[0]:
        facts.append(Fact(_("Events are named after"), line(usual[0]), _("unless the table says otherwise")))
    if usual[1]:
        facts.append(Fact(_("Collected by"), label("event_assessment", usual[1]), _("unless the table says otherwise")))
    return Events(
        facts,
        _groups(groups),
        Grid(_("People with events, of those at risk"), _("Events"), titles, [Block("", "", totals)]),
        _event_grid(_("Serious events, by organ system"), module.serious_events, order, titles, usual),
        _event_grid(_("Other events, by organ system"), module.other_events, order, titles, usual),
        _kinds(len(module.serious_events)),
        _kinds(len(module.other_events)),
    )


def _kinds(n: int) -> str:
    return ngettext("%(n)s kind of event", "%(n)s kinds of event", n) % {"n": number(n)}


def _usual(words: Iterable[str | None]) -> str:
    """The word that most events have, to be told once."""
    counted = Counter(word for word in words if word)
    return counted.most_common(1)[0][0] if counted else ""


def _event_grid(
    caption: str,
    events: Sequence[records.AdverseEvent],
    order: Sequence[str | None],
    titles: list[str],
    usual: tuple[str, str],
) -> Grid | None:
    if not events:
        return None
    of, times = _("%(n)s of %(all)s"), _("%(share)s; events: %(n)s")

    def cell(item: records.EventStats) -> str:
        share = (
            of % {"n": number(item.num_affected), "all": number(item.num_at_risk)}
            if item.num_at_risk is not None
            else number(item.num_affected)
        )
        return times % {"share": share, "n": number(item.num_events)} if item.num_events is not None else share

    systems: dict[str, list[Row]] = {}
    for event in events:
        notes = [
            line(event.source_vocabulary) if event.source_vocabulary != usual[0] else "",
            label("event_assessment", event.assessment_type) if event.assessment_type != usual[1] else "",
            line(event.notes),
        ]
        head = _with_note(line(event.term), ". ".join(note for note in notes if note))
        systems.setdefault(line(event.organ_system), []).append(Row(head, _by_group(event.stats, order, cell)))
    return Grid(caption, _("Event"), titles, [Block(system, "", rows) for system, rows in systems.items()])


# About the results


def _agreement(module: records.CertainAgreement) -> list[Fact]:
    return given(
        Fact(_("Investigators are the sponsor's employees"), yes_no(module.pi_sponsor_employee)),
        Fact(_("An agreement limits what they may publish"), yes_no(module.restrictive_agreement)),
        Fact(_("The limit"), label("agreement_restriction", module.restriction_type), prose(module.other_details)),
    )
