"""What people write: seeded from files, edited at the desk, every version kept."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Kept(models.Model):
    """A text that people write. Nothing but `apps.guide.services` writes here.

    What no person has edited follows its file. `NAMES` are the fields that name it, `BODY` those that a version holds;
    `WORDS` are those of them that readers read, and `GROWS` says whether a person may add one.
    """

    KIND: ClassVar[str]
    NAMES: ClassVar[tuple[str, ...]]
    BODY: ClassVar[tuple[str, ...]]
    WORDS: ClassVar[tuple[str, ...]]
    GROWS: ClassVar[bool] = True

    changed_by = models.CharField(max_length=254, blank=True, help_text=_("Who edited last; empty: as in the file."))
    changed_at = models.DateTimeField(help_text=_("When anything of it last changed (UTC)."))
    seed = models.CharField(max_length=64, help_text=_("Hash of the file's text that it began from."))
    version = models.IntegerField(help_text=_("The number of its newest version."))

    class Meta:
        abstract = True

    @property
    def subject(self) -> str:
        """Under which name its versions are kept: page/common/en."""
        return "/".join((self.KIND, *(getattr(self, name) for name in self.NAMES)))


class Page(Kept):
    """What is written on a page in one language.

    `slug` is a disease's, "common" for what all diseases share, "questions" (of the sheet), "about", or "operator".
    """

    KIND = "page"
    NAMES = ("slug", "language")
    BODY = ("parts", "checked_on", "reviewer", "reviewed_on")
    WORDS = ("parts",)
    GROWS = False

    slug = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    parts = models.JSONField(help_text=_("By section: a list of {text, sources}, sources being their keys."))
    checked_on = models.DateField(help_text=_("When the text was last held against its sources."))
    reviewer = models.CharField(max_length=200, blank=True, help_text=_("The clinician who has reviewed the page."))
    reviewed_on = models.DateField(null=True, blank=True, help_text=_("When they reviewed it."))
    text_changed_at = models.DateTimeField(help_text=_("When its words last changed (UTC)."))

    class Meta:
        ordering = ("slug", "language")
        constraints = [
            models.UniqueConstraint(fields=["slug", "language"], name="one_page_a_language"),
            models.CheckConstraint(
                condition=models.Q(reviewer="", reviewed_on=None)
                | (~models.Q(reviewer="") & models.Q(reviewed_on__isnull=False)),
                name="reviewer_with_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} ({self.language})"


class PageSource(Kept):
    """Something published that statements of the pages and definitions rest on."""

    KIND = "source"
    NAMES = ("key",)
    BODY = WORDS = ("title", "by", "url", "read")

    key = models.CharField(max_length=40, primary_key=True)
    title = models.TextField()
    by = models.TextField(help_text=_("Who published it, where and when, with the PMID where there is one."))
    url = models.TextField(help_text=_("Its address, beginning with https://; of a paper its DOI."))
    read = models.DateField(help_text=_("When we last read it for the sentences that cite it."))

    class Meta:
        ordering = ("key",)

    def __str__(self) -> str:
        return self.key


class GlossaryTerm(Kept):
    """A word and what it means, in one language. Which status or phase it explains stands in the files alone.

    `group` and `shown` of the English row hold for every language.
    """

    KIND = "term"
    NAMES = ("slug", "language")
    BODY = WORDS = ("name", "group", "forms", "text", "sources", "shown")

    slug = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    name = models.CharField(max_length=80, help_text=_("The word as the glossary has it."))
    group = models.CharField(max_length=20, blank=True, help_text=_("Where it stands in the glossary."))
    forms = models.JSONField(default=list, help_text=_("How pages write it; what is in small letters, in any case."))
    text = models.TextField(help_text=_("What it means."))
    sources = models.JSONField(default=list, help_text=_("The keys of its sources."))
    shown = models.BooleanField(default=True, help_text=_("Whether it stands in the public glossary."))

    class Meta:
        ordering = ("slug", "language")
        constraints = [models.UniqueConstraint(fields=["slug", "language"], name="one_term_a_language")]

    def __str__(self) -> str:
        return f"{self.slug} ({self.language})"


class Version(models.Model):
    """Something written as it was and as it became: append-only, without foreign keys, held so by the database."""

    subject = models.CharField(max_length=64, help_text=_("page/slug/language, term/slug/language, or source/key."))
    number = models.IntegerField()
    before = models.JSONField(null=True, help_text=_("All that was written before; nothing for the first version."))
    after = models.JSONField(help_text=_("All that is written since."))
    by = models.CharField(max_length=254, blank=True, help_text=_("Account of who did it; empty: the files."))
    at = models.DateTimeField(db_default=Now())
    note = models.TextField(blank=True, help_text=_("Why, in a sentence."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "number"], name="one_version_a_number")]

    def __str__(self) -> str:
        return f"{self.subject} {self.number}"
