"""Addresses of the public site; docs/contracts.md promises them."""

from __future__ import annotations

from django.urls import path

from apps.web.language_urls import in_languages
from apps.web.views import (
    appeals,
    compare,
    data,
    decisions,
    dictionary,
    disease,
    exports,
    find,
    glossary,
    health,
    home,
    machine,
    pages,
    reports,
    sheet,
    snapshots,
    trial,
    trials,
)
from apps.web.views.conditional import conditional

app_name = "web"

# For programs and researchers; in English alone.
_english = [
    path("trials/export.<slug:kind>", exports.export, name="export"),
    path("trials/about.json", exports.about, name="export-about"),
    path("trials/cite.<slug:kind>", exports.cite, name="cite"),
    path("l/<str:code>", exports.short_link, name="short-link"),
    path("data/", data.data, name="data"),
    path("data/dictionary/", conditional(dictionary.dictionary), name="dictionary"),
    path("data/dictionary.json", conditional(dictionary.dictionary_json), name="dictionary-json"),
    path("data/snapshots.json", snapshots.snapshot_list, name="snapshots"),
    path("data/snapshots/<str:month>/<str:name>", snapshots.snapshot_file, name="snapshot-file"),
    path("decisions/", conditional(decisions.decisions), name="decisions"),
    path("decisions/appeal/", appeals.appeal, name="appeal"),
    path("components/", pages.components, name="components"),
    path("robots.txt", machine.robots, name="robots"),
    path("sitemap.xml", machine.sitemap, name="sitemap"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

# What a patient reads.
_translated = [
    path("", conditional(home.home), name="home"),
    path("trials/", conditional(trials.trial_list), name="trial-list"),
    path("trials/values/<slug:parameter>/", conditional(trials.all_values), name="all-values"),
    path("compare/", conditional(compare.compare), name="compare"),
    path("find/", find.find, name="find"),
    path("trials/<str:nct_id>/", conditional(trial.detail), name="trial-detail"),
    path("trials/<str:nct_id>/sheet/", conditional(sheet.sheet), name="trial-sheet"),
    path("trials/<str:nct_id>/report/", reports.report_mistake, name="report-mistake"),
    path("diseases/", disease.to_the_four),
    path("diseases/<slug:slug>/", conditional(disease.disease), name="disease"),
    path("glossary/", conditional(glossary.glossary), name="glossary"),
    path("about/", conditional(pages.about), name="about"),
    path("privacy/", conditional(pages.privacy), name="privacy"),
    path("accessibility/", conditional(pages.accessibility), name="accessibility"),
]

urlpatterns = [*_english, in_languages(_translated)]
