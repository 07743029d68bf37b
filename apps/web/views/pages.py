"""Pages of words: about, privacy, accessibility, and the gallery of components."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.guide.selectors import guide_at
from apps.search.snippets import Snippet
from apps.vocabulary.statuses import STATUSES
from apps.web.views.conditional import version_of
from apps.web.views.markup import trial_rows
from apps.web.views.rows import Row


def words(template: str, section: str = "") -> Callable[[HttpRequest], HttpResponse]:
    """A view of a template that needs nothing but the site's own state and what people wrote of it."""

    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        guide = guide_at(version_of(request))
        return render(request, template, {"section": section, "about": guide.about, "operator": guide.operator})

    return view


_EXAMPLES = [
    Row(
        nct_id="NCT90000001",
        href="#example-1",
        title="An invented trial of mesenchymal cells in multiple sclerosis",
        status="Recruiting",
        tone="good",
        kinds=[("msc", "MSC")],
        diseases="Multiple sclerosis",
        given="Mesenchymal cells from bone marrow, placebo",
        phase="Phase 1/2",
        people="40 people planned",
        where="3 places in Italy, Spain",
        changed="changed 3 May 2026",
        remark="",
        card=[("Tissue", "Bone marrow"), ("Donor", "Own cells (autologous)"), ("Dose", "1 to 2 million cells")],
    ),
    Row(
        nct_id="NCT90000002",
        href="#example-2",
        title="An invented trial of transplantation against the best available medicine, with a title that is long "
        "enough to run over more than one line even on a wide screen",
        status="Stopped early",
        tone="stop",
        kinds=[("hsc", "HSC")],
        diseases="Systemic lupus erythematosus",
        given="Transplantation of own stem cells, cyclophosphamide, antithymocyte globulin",
        phase="Phase 2",
        people="12 people",
        where="1 place in Poland",
        changed="changed May 2024",
        remark="Waiting for a person",
        snippets=[Snippet("outcomes", "Relapse of nephritis within 12 months", ((11, 20),))],
    ),
]

about = words("web/about.html", "about")
privacy = words("web/privacy.html")
accessibility = words("web/accessibility.html")


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    pager = {
        "previous": "#page-2",
        "next": "#page-4",
        "pages": [(1, "#page-1"), (2, "#page-2"), (3, ""), (4, "#page-4"), (None, ""), (9, "#page-9")],
    }
    trail = [("/", "trialtracker"), ("/trials/", "Trials"), ("", "Components")]
    context = {"statuses": STATUSES, "pager": pager, "trail": trail, "rows": trial_rows(_EXAMPLES, level=3)}
    return render(request, "web/components.html", context)
