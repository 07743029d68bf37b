"""The registry's word, the rules' labels and the curators' decisions become the published word."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.classification.models import StudyLabel
from apps.classification.rules.cautions import ProtocolPrint, cautions_of, print_of, similarity
from apps.classification.rules.cautions.protocols import THRESHOLD
from apps.classification.rules.cautions.sites import normalised
from apps.curation import second_looks
from apps.curation.aliases import ToldNames, checked_merge, key_of, moved_by, told_names
from apps.curation.decisions import (
    Refused,
    Standing,
    Values,
    checked_for_good,
    checked_reason,
    checked_source,
    checked_values,
    laid_over,
    said_of_record,
    standing_of,
)
from apps.curation.models import Alias, AuditEntry, SitePlace, StudyOverride
from apps.curation.site_places import key_of as site_key
from apps.curation.site_places import laid_over_sites, placed_in
from apps.curation.site_places import told as site_told
from apps.search.cautions import prints_of_sponsors
from apps.search.documents import DocumentEntry, build_entry
from apps.search.indexer import (
    PrintEntry,
    index_documents,
    index_pairs,
    index_prints,
    index_sites,
    mark_documents_current,
    move_dataset_version,
)
from apps.search.models import CautionKind
from apps.search.sites import build_sites
from apps.studies.models import Study
from apps.studies.records import StudyRecord
from apps.vocabulary.cards import FIELDS
from apps.vocabulary.cautions import CAUTIONS
from apps.vocabulary.gate_lines import qualified_limits
from apps.vocabulary.places import Place
from apps.vocabulary.places import told as place_in_words

Action = AuditEntry.Action
_NO_NAMES = ToldNames()
# PostgreSQL's advisory lock of those who publish (shared) and of those who have merged names (alone); any number.
_BARRIER = 2_026_112_901
# The records of several studies, by id.
RecordsOf = Callable[[Sequence[str]], Mapping[str, StudyRecord]]
_MOVES = {Standing.REOPENED: Action.REOPENED, Standing.AGREED: Action.AGREED, Standing.IN_FORCE: Action.RETURNED}


def publish(records: Mapping[str, StudyRecord]) -> int:
    """Publish these studies as registry, rules and curators have them now; returns how many documents were written.

    To be called inside a transaction. The study rows are locked in order before labels and decisions are read, so two
    publishers of one study end in the same answer; the dataset version moves last.
    """
    studies = Study.objects.select_for_update().filter(pk__in=records).order_by("pk")
    states = dict(studies.values_list("pk", "registry_state"))
    labels: defaultdict[str, list[StudyLabel]] = defaultdict(list)
    told = StudyLabel.objects.filter(study_id__in=states).order_by("pk")
    for label in told.defer("evidence"):
        labels[label.study_id].append(label)
    overrides: defaultdict[str, list[StudyOverride]] = defaultdict(list)
    for override in StudyOverride.objects.filter(nct_id__in=states).order_by("pk"):
        overrides[override.nct_id].append(override)
    for nct_id, decided in overrides.items():
        _note_moves(decided, said_of_record(records[nct_id], labels[nct_id]))
    _pass_barrier()
    names = told_names()
    entries = [
        resolve(records[nct_id], labels[nct_id], state, overrides[nct_id], names) for nct_id, state in states.items()
    ]
    written = index_documents(entries)
    placed = placed_in(states)
    sites = {nct_id: laid_over_sites(build_sites(records[nct_id]), placed.get(nct_id, {})) for nct_id in states}
    index_sites(list(states), [site for of_study in sites.values() for site in of_study])
    _compare({nct_id: records[nct_id] for nct_id, state in states.items() if state != "merged"}, states)
    if entries:
        # Even where no document differs: the trial's page and the API show the whole record and the labels' evidence.
        move_dataset_version()
    return written


def _compare(records: Mapping[str, StudyRecord], nct_ids: Iterable[str]) -> None:
    """Hold these protocols against the others of their sponsors; a study that is merged leaves the comparison."""
    entries = [_print_entry(nct_id, records.get(nct_id)) for nct_id in nct_ids]
    changed = index_prints(entries)
    if not changed:
        return
    mine = {entry.nct_id: entry for entry in entries if entry.nct_id in changed}
    held = prints_of_sponsors({entry.sponsor for entry in mine.values() if entry.sponsor and entry.hashes})
    pairs = []
    for nct_id, entry in mine.items():
        own = ProtocolPrint(tuple(entry.hashes))
        for other, hashes in held.get(entry.sponsor, ()) if entry.hashes else ():
            degree = similarity(own, ProtocolPrint(tuple(hashes)), at_least=THRESHOLD) if other != nct_id else 0.0
            if degree >= THRESHOLD:
                pairs.append((nct_id, other, degree))
    index_pairs(changed, pairs)


def _print_entry(nct_id: str, record: StudyRecord | None) -> PrintEntry:
    if record is None:
        return PrintEntry(nct_id, "")
    sponsor = normalised(record.protocol.sponsor_collaborators.lead_sponsor.name or "")
    return PrintEntry(nct_id, sponsor, print_of(record).hashes)


def add_caution_kinds() -> None:
    """Every kind that the vocabulary has gets its row, switched off; those that stand are left as they are."""
    CautionKind.objects.bulk_create([CautionKind(slug=slug) for slug in CAUTIONS], ignore_conflicts=True)


@transaction.atomic
def propose_caution(*, kind: str, by: str) -> None:
    """The first of two people who must agree before readers see a kind of caution.

    Raises Refused where it is shown or proposed already, CautionKind.DoesNotExist for a kind that there is none of; so
    do the other three.
    """
    row = _kind(kind)
    if row.public:
        raise Refused("kind", _("Readers see “%(kind)s” already.") % {"kind": row})
    if row.proposed_by == by:
        raise Refused("kind", _("You have proposed “%(kind)s” already. Another person confirms it.") % {"kind": row})
    if row.proposed_by:
        told = {"kind": row, "who": row.proposed_by}
        raise Refused("kind", _("“%(kind)s” was proposed by %(who)s. You can confirm it.") % told)
    row.proposed_by, row.proposed_at = by, timezone.now()
    row.save()
    _log_caution(row, Action.PROPOSED, by, after=True)


@transaction.atomic
def confirm_caution(*, kind: str, by: str) -> None:
    """The second person: readers see the kind from now on, and every cache is told. Refuses who has proposed it."""
    row = _kind(kind)
    if not row.proposed_by:
        raise Refused("kind", _("Nobody proposes “%(kind)s” now: it was confirmed or withdrawn.") % {"kind": row})
    if row.proposed_by == by:
        told = _("You have proposed “%(kind)s” yourself. It takes a second person: ask another lead to confirm it.")
        raise Refused("kind", told % {"kind": row})
    _switch_caution(row, Action.CONFIRMED, by, public=True)


@transaction.atomic
def withdraw_caution(*, kind: str, by: str) -> None:
    """The proposal no longer stands. Whoever may propose may withdraw, their own or another's."""
    row = _kind(kind)
    if not row.proposed_by:
        raise Refused("kind", _("Nobody proposes “%(kind)s” now: it was confirmed or withdrawn.") % {"kind": row})
    row.proposed_by, row.proposed_at = "", None
    row.save()
    _log_caution(row, Action.WITHDRAWN, by, after=False)


@transaction.atomic
def hide_caution(*, kind: str, by: str) -> None:
    """Readers no longer see the kind. One person is enough to take something back."""
    row = _kind(kind)
    if not row.public:
        raise Refused("kind", _("Readers do not see “%(kind)s”.") % {"kind": row})
    _switch_caution(row, Action.DECIDED, by, public=False)


def _kind(kind: str) -> CautionKind:
    """The row of a kind, locked: of two people at the same moment the second sees what the first did."""
    add_caution_kinds()
    return CautionKind.objects.select_for_update().get(pk=kind)


def _switch_caution(row: CautionKind, action: Action, by: str, *, public: bool) -> None:
    _log_caution(row, action, by, after=public)
    row.public, row.switched_by, row.switched_at = public, by, timezone.now()
    row.proposed_by, row.proposed_at = "", None
    row.save()
    move_dataset_version()


def _log_caution(row: CautionKind, action: Action, by: str, *, after: bool) -> None:
    AuditEntry.objects.create(by=by, action=action, field=row.slug, before=row.public, after=after)


def published_anew() -> None:
    """To be called when every study has been published again by the present code, after a new `DOCUMENT_VERSION`."""
    mark_documents_current()


def resolve(
    record: StudyRecord,
    labels: Sequence[StudyLabel],
    registry_state: str,
    overrides: Sequence[StudyOverride] = (),
    names: ToldNames = _NO_NAMES,
) -> DocumentEntry:
    """What is published of one study: the rules' word with the curators' decisions laid over it, and merged names."""
    values = laid_over(said_of_record(record, labels), overrides)
    values["product"] = names.product_values(values["product"])
    sponsor = record.protocol.sponsor_collaborators.lead_sponsor.name or ""
    told_as = names.sponsor(sponsor)
    overriding = [item for item in overrides if item.standing != Standing.AGREED]
    decided = {item.field for item in overrides}
    doubtful = {label.scheme for label in labels if label.doubtful} - decided
    return build_entry(
        record,
        scope=values["scope"][0],
        reasons=[item.reason for item in overriding if item.field == "scope"]
        or list(dict.fromkeys(label.reason for label in labels if label.scheme == "scope")),
        diseases=values["disease"],
        cell_types=values["cell_type"],
        registry_state=registry_state,
        card={field.slug: list(values[field.slug]) for field in FIELDS if values[field.slug]},
        doubts=[field.slug for field in FIELDS if field.slug in doubtful],
        qualified_limits=_qualified_limits(values, labels, {item.field for item in overriding}),
        decided=sorted(item.field for item in overriding),
        cautions={item.kind: str(item.since or "") for item in cautions_of(record)},
        sponsor=told_as if told_as != sponsor else None,
    )


def _qualified_limits(
    values: Mapping[str, Sequence[str]], labels: Sequence[StudyLabel], decided: Collection[str]
) -> list[str]:
    """Of the rules' own limits: a curator gives values alone."""
    told = []
    for field in FIELDS:
        if field.group == "gates" and field.slug not in decided:
            details = {
                label.value: label.detail for label in reversed(labels) if label.scheme == field.slug and label.detail
            }
            told += qualified_limits(field.slug, values[field.slug], details)
    return told


# Decisions


class Overtaken(Exception):
    """Somebody else has decided since the form was opened. `current` is what stands now; None: nothing."""

    def __init__(self, current: StudyOverride | None) -> None:
        super().__init__()
        self.current = current


@transaction.atomic
def decide(
    *,
    record: StudyRecord,
    field: str,
    values: Iterable[str],
    reason: str,
    source: str = "",
    by: str,
    version: int,
    for_good: bool | None = None,
) -> StudyOverride:
    """A curator's decision on a field of the study of this record, published at once.

    `version` is that of the decision which the curator saw in force, 0 for none. `for_good` leaves a study out whatever
    its record comes to say; None: as it stood, where it stays left out. Raises Overtaken when another decision stands
    there now, Refused when values, reason or source will not do, Study.DoesNotExist for an unknown study.
    """
    override = write_decision(
        record=record, field=field, values=values, reason=reason, source=source, by=by, version=version,
        for_good=for_good,
    )  # fmt: skip
    publish({record.nct_id: record})
    return override


@transaction.atomic
def clear(*, record: StudyRecord, field: str, reason: str, by: str, version: int) -> None:
    """Take a decision back: registry and rules speak again. Raises as `decide`; Overtaken where none stands."""
    write_clearing(record=record, field=field, reason=reason, by=by, version=version)
    publish({record.nct_id: record})


def write_decision(
    *,
    record: StudyRecord,
    field: str,
    values: Iterable[str],
    reason: str,
    source: str = "",
    by: str,
    version: int,
    for_good: bool | None = None,
    batch: int | None = None,
) -> StudyOverride:
    """As `decide`, inside a transaction of the caller, who publishes afterwards."""
    checked, reason, source = checked_values(field, values), checked_reason(reason), checked_source(source)
    if for_good:
        checked_for_good(field, checked)
    standing, said = opened(record, field, version)
    before = standing.values if standing else list(said)
    if for_good is None:
        for_good = standing is not None and standing.standing == Standing.FOR_GOOD and standing.values == list(checked)
    read_twice = second_looks.is_wanted(record.nct_id, field)
    entry = AuditEntry.objects.create(
        **_of(record, field, by), action=Action.EXCLUDED if for_good else Action.DECIDED, before=before,
        after=checked, said=said, reason=reason, source=source, batch=batch,
    )  # fmt: skip
    override = standing or StudyOverride(nct_id=record.nct_id, field=field)
    override.values, override.said_then, override.said_now = list(checked), list(said), list(said)
    override.reason, override.source, override.by = reason, source, by
    override.at, override.moved_at, override.version = timezone.now(), None, entry.pk
    override.standing = Standing.FOR_GOOD if for_good else Standing.IN_FORCE
    override.standing = standing_of(override, said)
    override.save()
    second_looks.settle(record.nct_id, field)
    if read_twice:
        second_looks.ask(entry, checked)
    return override


def write_clearing(
    *, record: StudyRecord, field: str, reason: str, by: str, version: int, batch: int | None = None
) -> AuditEntry:
    """As `clear`, inside a transaction of the caller, who publishes afterwards. Returns the entry of the log."""
    reason = checked_reason(reason)
    standing, said = opened(record, field, version)
    if standing is None:
        raise Overtaken(None)
    entry = AuditEntry.objects.create(
        **_of(record, field, by), action=Action.CLEARED, before=standing.values, after=said, said=said, reason=reason,
        batch=batch,
    )  # fmt: skip
    standing.delete()
    second_looks.settle(record.nct_id, field)
    second_looks.call_off(record.nct_id, field)
    return entry


def log_export(*, form: str, by: str) -> AuditEntry:
    """Somebody takes the log along as a file: that stands in the log too, as the last line of that file."""
    return AuditEntry.objects.create(by=by, action=Action.EXPORTED, after={"format": form})


def log_following(*, nct_ids: Iterable[str], begun: bool, by: str, reason: str) -> None:
    """Studies are asked for by their ids from now on, or no longer."""
    action = Action.FOLLOWED if begun else Action.UNFOLLOWED
    AuditEntry.objects.bulk_create(
        AuditEntry(by=by, action=action, nct_id=nct_id, field="followed", before=not begun, after=begun, reason=reason)
        for nct_id in nct_ids
    )


def opened(record: StudyRecord, field: str, version: int) -> tuple[StudyOverride | None, tuple[str, ...]]:
    """The decision that stands, and what registry and rules say; the study is locked from here on.

    Overtaken where it is not of this version.
    """
    Study.objects.select_for_update().get(pk=record.nct_id)
    standing = StudyOverride.objects.filter(nct_id=record.nct_id, field=field).first()
    if (standing.version if standing else 0) != version:
        raise Overtaken(standing)
    labels = StudyLabel.objects.filter(study_id=record.nct_id).order_by("pk")
    return standing, said_of_record(record, labels).get(field, ())


def _of(record: StudyRecord, field: str, by: str) -> dict[str, str]:
    return {"nct_id": record.nct_id, "field": field, "by": by}


def _note_moves(decided: Iterable[StudyOverride], said: Values) -> None:
    """Where registry or rules have moved under a decision: it stays as it is, its standing and the log tell."""
    now: dt.datetime = timezone.now()
    for override in decided:
        says = list(said[override.field])
        standing = standing_of(override, says)
        stays = standing == override.standing
        if stays and says == override.said_now:
            continue
        if stays and standing in {Standing.FOR_GOOD, Standing.IN_FORCE}:
            # Nobody is asked again: of the same thing, only more is told.
            override.said_now = says
            override.save(update_fields=["said_now"])
            continue
        AuditEntry.objects.create(
            nct_id=override.nct_id,
            field=override.field,
            action=_MOVES[standing],
            before=override.said_now,
            after=override.values,
            said=says,
        )
        override.said_now, override.standing, override.moved_at = says, standing, now
        override.save(update_fields=["said_now", "standing", "moved_at"])


# Sites


class SiteOvertaken(Exception):
    """Somebody else has placed the site since the form was opened, or the record names it otherwise."""

    def __init__(self, current: SitePlace | None) -> None:
        super().__init__()
        self.current = current


@transaction.atomic
def place_site(
    *,
    nct_id: str,
    key: str,
    place: Place | None,
    reason: str,
    source: str = "",
    by: str,
    version: int,
    records_of: RecordsOf,
) -> SitePlace | None:
    """Where a curator places a site, published at once; None takes it back, and registry or gazetteer speak again.

    `version` is that of the placing which the curator saw in force, 0 for none. Raises SiteOvertaken when another one
    stands there now, or the record names no such site any more; Refused when reason or source will not do.
    """
    reason, source = checked_reason(reason), checked_source(source)
    Study.objects.select_for_update().get(pk=nct_id)
    records = records_of([nct_id])
    sites = {site_key(site): site for site in build_sites(records[nct_id])}
    standing = SitePlace.objects.filter(nct_id=nct_id, key=key).first()
    if (standing.version if standing else 0) != version or (key not in sites and standing is None):
        raise SiteOvertaken(standing)
    if place is None and standing is None:
        raise SiteOvertaken(None)
    name = site_told(sites[key]) if key in sites else standing.site if standing else ""
    shown = place_in_words(place) if place else ""
    entry = AuditEntry.objects.create(
        by=by, action=Action.DECIDED if place else Action.CLEARED, nct_id=nct_id, field="site",
        before={"site": name, "place": standing.place if standing else ""}, after={"site": name, "place": shown},
        reason=reason, source=source,
    )  # fmt: skip
    if place is None:
        SitePlace.objects.filter(nct_id=nct_id, key=key).delete()
        made = None
    else:
        told = {"site": name, "place": shown, "lat": place.lat, "lon": place.lon, "reason": reason, "source": source}
        told |= {"by": by, "at": timezone.now(), "version": entry.pk}
        made, _created = SitePlace.objects.update_or_create(nct_id=nct_id, key=key, defaults=told)
    publish(records)
    return made


# Merging


def merge(
    *, kind: str, name: str, told_as: str, reason: str, source: str = "", by: str, records_of: RecordsOf
) -> Alias:
    """From now on this name of a sponsor or product is told by another one, in all lists; published at once.

    Raises Refused where names, reason or source will not do.
    """
    reason, source = checked_reason(reason), checked_source(source)
    with transaction.atomic():
        _one_at_a_time()
        name, told_as = checked_merge(kind, name, told_as)
        alias = Alias.objects.create(
            kind=kind, name=name, key=key_of(kind, name), told_as=told_as, reason=reason, source=source, by=by,
            at=timezone.now(),
        )  # fmt: skip
        AuditEntry.objects.create(
            by=by, action=Action.MERGED, field=kind, before=name, after=told_as, reason=reason, source=source
        )
        publish(records_of(moved_by(kind, name)))
    _sweep(kind, name, records_of)
    return alias


def part(*, alias_id: int, reason: str, by: str, records_of: RecordsOf) -> Alias:
    """Take a merge back: each name stands for itself again. Raises Refused, and Alias.DoesNotExist for none."""
    reason = checked_reason(reason)
    with transaction.atomic():
        _one_at_a_time()
        alias = Alias.objects.select_for_update().get(pk=alias_id)
        AuditEntry.objects.create(
            by=by, action=Action.PARTED, field=alias.kind, before=alias.told_as, after=alias.name, reason=reason
        )
        told = moved_by(alias.kind, alias.told_as)
        Alias.objects.filter(pk=alias_id).delete()
        publish(records_of(told))
    _sweep(alias.kind, alias.told_as, records_of)
    return alias


def _one_at_a_time() -> None:
    """Two merges at once could make a chain of names."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE curation_alias IN SHARE ROW EXCLUSIVE MODE")


def _pass_barrier() -> None:
    """Held until the transaction ends, by whoever publishes with the names as they read them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_BARRIER])


def _sweep(kind: str, name: str, records_of: RecordsOf) -> None:
    """What a sync published meanwhile with the names of before is published once more.

    The barrier is waited for with no other lock in hand, so nobody who publishes can wait for this in turn.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_BARRIER])
    with transaction.atomic():
        publish(records_of(moved_by(kind, name)))
