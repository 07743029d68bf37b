"""What every export says of itself: which list it is, of what data, made when, and how to cite it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext

from apps.classification.rules import RULESET_VERSION
from apps.core.languages import day_words
from apps.exports.columns import moment
from apps.exports.links import pack
from apps.search.query import StudyQuery

NAME = "trialtracker"
REGISTRY = "ClinicalTrials.gov"
LIBRARY = "U.S. National Library of Medicine"


class Origin(NamedTuple):
    """Which data were read with what. `data_timestamp` is the registry's own, read as UTC; "" where there is none.

    `ruleset_version` is that of the rules whose labels these are, and `terms_version` says which words curators had
    accepted over those of the files (0 for none); None where that is not known.
    """

    data_timestamp: str = ""
    ruleset_version: int | None = RULESET_VERSION
    terms_version: int | None = 0


@dataclass(frozen=True, slots=True)
class Edition:
    """Of what data something was made, at which version of what is published, and when."""

    origin: Origin
    dataset_version: int
    made_at: dt.datetime

    @property
    def data_time(self) -> dt.datetime | None:
        """The registry's time stamp as a moment."""
        try:
            time = dt.datetime.fromisoformat(self.origin.data_timestamp)
        except ValueError:
            return None
        return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class About:
    """A list, or the whole data set, as it leaves the site. `words` names it in a sentence, its number first.

    `url` shows it again on the site and `short_url` does so for ever; `notices` are sentences, where the question was
    not answered quite as it came.
    """

    words: str
    url: str
    short_url: str
    rows: int
    edition: Edition
    notices: tuple[str, ...] = ()

    @property
    def collection(self) -> str:
        if settings.SAMPLE:
            return gettext("%(name)s, SAMPLE of invented trials") % {"name": NAME}
        return gettext("%(name)s: stem-cell trials in four autoimmune diseases") % {"name": NAME}

    @property
    def link(self) -> str:
        """The shorter of the two addresses, for a citation."""
        return min(self.url, self.short_url, key=len)

    @property
    def day(self) -> str:
        """The day on which it was made, YYYY-MM-DD in UTC."""
        return moment(self.edition.made_at)[:10]

    @property
    def data(self) -> str:
        """Whose data, and as of when, in words."""
        if settings.SAMPLE:
            return gettext("invented")
        time = self.edition.data_time
        if time is None:
            when = self.edition.origin.data_timestamp or gettext("date not known")
        else:
            when = gettext("as of %(time)s UTC") % {"time": f"{day_words(time)}, {date_format(time, 'H:i')}"}
        return f"{REGISTRY}, {LIBRARY}, {when}"

    @property
    def version(self) -> str:
        origin = self.edition.origin
        words = {
            "rules": origin.ruleset_version,
            "terms": origin.terms_version,
            "version": self.edition.dataset_version,
        }
        if origin.ruleset_version is None:
            return gettext("data set version %(version)s") % words
        if origin.terms_version:
            return gettext("rules version %(rules)s, words version %(terms)s, data set version %(version)s") % words
        return gettext("rules version %(rules)s, data set version %(version)s") % words

    @property
    def citation(self) -> str:
        """ "trialtracker: ... 41 recruiting MSC trials in China. Data: ... Accessed 3 May 2026." """
        return gettext("%(collection)s. %(words)s. Data: %(data)s; %(version)s. %(link)s. Accessed %(day)s.") % {
            "collection": self.collection,
            "words": self.words,
            "data": self.data,
            "version": self.version,
            "link": self.link,
            "day": day_words(self.edition.made_at),
        }

    def told(self) -> dict[str, Any]:
        """Everything by name, in a fixed order; the names are public."""
        return {
            "title": self.words,
            "citation": self.citation,
            "query_url": self.url,
            "short_url": self.short_url,
            "rows": self.rows,
            "data_timestamp": self.edition.origin.data_timestamp or None,
            "ruleset_version": self.edition.origin.ruleset_version,
            "terms_version": self.edition.origin.terms_version,
            "dataset_version": self.edition.dataset_version,
            "made_at": moment(self.edition.made_at),
            "source": gettext("invented") if settings.SAMPLE else f"{REGISTRY}, {LIBRARY}",
            "changes": gettext(
                "Chosen, labelled and rearranged by %(name)s. The library has neither checked nor endorsed it. "
                "Contacts of persons are left out."
            )
            % {"name": NAME},
            "dictionary_url": f"{site_url()}/data/dictionary/",
            "notices": list(self.notices),
        }


def site_url() -> str:
    return settings.SITE_URL.rstrip("/")


def list_url(query: StudyQuery) -> str:
    """The address of a whole list on the site, without page and page size."""
    text = whole(query).to_query_string()
    return f"{site_url()}/trials/?{text}" if text else f"{site_url()}/trials/"


def short_url(query: StudyQuery) -> str:
    return f"{site_url()}/l/{pack(whole(query).to_query_string())}"


def whole(query: StudyQuery) -> StudyQuery:
    """The query for all pages at once."""
    return query.changed(page=None, page_size=None)


def about_list(query: StudyQuery, rows: int, edition: Edition, notices: tuple[str, ...] = ()) -> About:
    return About(
        words=query.describe(rows),
        url=list_url(query),
        short_url=short_url(query),
        rows=rows,
        edition=edition,
        notices=notices,
    )
