"""Writing what people read: from the files, and for a person. Each change is a version that is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.languages import ENGLISH
from apps.guide.files import SeedFile, explains, seed_files
from apps.guide.models import GlossaryTerm, Kept, Page, Version
from apps.guide.subjects import Overtaken, body_of, named, put_body
from apps.guide.writing import Refused

# From the files


@transaction.atomic
def seed_guide(files: Sequence[SeedFile] | None = None) -> bool:
    """Add what the files have and the tables lack, and renew what no person has edited; whether anything changed.

    What a person has edited stays as it is, whatever the files say. A term that the files have no longer leaves the
    public glossary, unless a person has edited it.
    """
    now = timezone.now()
    versions: list[Version] = []
    by_model: dict[type[Kept], list[SeedFile]] = {}
    for file in seed_files() if files is None else files:
        by_model.setdefault(file.model, []).append(file)
    for model, told in by_model.items():
        versions += _seed(model, told, now)
    Version.objects.bulk_create(versions)
    return bool(versions)


def _seed(model: type[Kept], files: Sequence[SeedFile], now: dt.datetime) -> list[Version]:
    standing = {row.subject: row for row in model._default_manager.select_for_update()}
    last = _last_versions([file.subject for file in files if file.subject not in standing])
    added: list[Kept] = []
    renewed: list[Kept] = []
    versions: list[Version] = []

    def write(row: Kept | None, subject: str, body: Mapping[str, Any], seed: str) -> None:
        before = body_of(row) if row else None
        if row is None:
            found = named(subject)
            assert found is not None, subject
            row = _new(model, found[1], last)
        (renewed if before else added).append(row)
        put_body(row, body)
        row.seed = seed
        versions.append(_changed(row, before, now))

    for file in files:
        row = standing.pop(file.subject, None)
        if row is None or not (row.changed_by or row.seed == file.seed):
            write(row, file.subject, file.body, file.seed)
    for subject, row in standing.items():
        if isinstance(row, GlossaryTerm) and row.shown and not row.changed_by:
            write(row, subject, body_of(row) | {"shown": False}, "")
    model._default_manager.bulk_create(added)
    written = {"seed", "changed_at", "version", *model.BODY} | ({"text_changed_at"} if model is Page else set())
    model._default_manager.bulk_update(renewed, sorted(written))
    return versions


def _new(model: type[Kept], names: Mapping[str, str], last: Mapping[str, int]) -> Kept:
    """A row without a text. It counts on from the versions that are kept of one that stood here before."""
    row = model(**names, version=0)
    row.version = last.get(row.subject, 0)
    return row


def _last_versions(subjects: Collection[str]) -> dict[str, int]:
    """The number of the newest version that is kept under each name. One statement."""
    kept = Version.objects.filter(subject__in=subjects).values_list("subject").annotate(last=Max("number"))
    return dict(kept)


def _changed(row: Kept, before: Any, now: dt.datetime, by: str = "", note: str = "") -> Version:
    """Counts the row on and stamps it; the version that says so, unsaved."""
    after = body_of(row)
    row.changed_at, row.version = now, row.version + 1
    if isinstance(row, Page) and (before is None or before["parts"] != after["parts"]):
        row.text_changed_at = now
    return Version(subject=row.subject, number=row.version, before=before, after=after, by=by, note=note)


# For a person


@transaction.atomic
def save(*, subject: str, body: Mapping[str, Any], by: str, note: str, version: int) -> Kept | None:
    """Something as a person has written it, new where `version` is 0 and it may be added; None where nothing differs.

    The texts of `body` have been checked (`apps.guide.writing`). `version` is the one that the person saw: Overtaken
    when another stands there now. Raises Refused for what cannot stand beside the rest, ObjectDoesNotExist for what
    there is none of and cannot be added.
    """
    found = named(subject)
    if found is None:
        raise ValueError(f"{subject!r} is nothing that people write.")
    model, names = found
    row = model._default_manager.select_for_update().filter(**names).first()
    if row is None and not model.GROWS:
        raise model.DoesNotExist  # type: ignore[attr-defined]
    if (row.version if row else 0) != version:
        raise Overtaken(row)
    before = body_of(row) if row else None
    row = row or _new(model, names, _last_versions([subject]))
    put_body(row, body)
    if body_of(row) == before:
        return None
    if isinstance(row, GlossaryTerm):
        _check_term(row)
    row.changed_by = by
    kept = _changed(row, before, timezone.now(), by, note)
    if before is None:
        _insert(row, names)
    else:
        row.save()
    kept.save()
    return row


def _insert(row: Kept, names: Mapping[str, str]) -> None:
    """Raises Overtaken where somebody has added one of this name meanwhile."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Overtaken(type(row)._default_manager.filter(**names).first()) from error


def _check_term(row: GlossaryTerm) -> None:
    """What a term may not do to the others. Raises Refused."""
    explained = explains().get(row.slug)
    if explained and not row.shown:
        told = _("Pages of trials explain “%(word)s” by this term, so it stays. Change its words instead.")
        raise Refused("shown", told % {"word": explained.status or explained.phase})
    others = {(term.slug, term.language): term for term in GlossaryTerm.objects.all()}
    others[row.slug, row.language] = row
    if (row.slug, ENGLISH) not in others:
        raise Refused("", _("There is no such term in English. Write that one first."))
    shown = {slug for (slug, language), term in others.items() if language == ENGLISH and term.shown}
    taken = {
        form.casefold(): others[slug, ENGLISH].name
        for (slug, _language), term in others.items()
        if slug in shown and slug != row.slug
        for form in term.forms
    }
    own = [form for (slug, _language), term in others.items() if slug == row.slug for form in term.forms]
    if row.slug in shown and (found := [form for form in own if form.casefold() in taken]):
        told = _("“%(form)s” is explained by the term “%(name)s” already. A word has one meaning here.")
        raise Refused("forms", told % {"form": found[0], "name": taken[found[0].casefold()]})
