from __future__ import annotations

from django.template import Context, Template
from django.utils import translation

from apps.core.templatetags.kept import MOST


def test_what_is_inside_is_rendered_again_only_when_a_named_value_moves() -> None:
    asked = []

    def ask() -> str:
        asked.append(1)
        return "shown"

    page = Template("{% load kept %}{% kept section %}{{ ask }} {{ section }}{% endkept %}")
    for _ in range(3):
        assert page.render(Context({"ask": ask, "section": "data"})) == "shown data"
    assert len(asked) == 1
    assert page.render(Context({"ask": ask, "section": "about"})) == "shown about"
    assert len(asked) == 2


def test_each_language_has_its_own() -> None:
    page = Template("{% load kept i18n %}{% get_current_language as now %}{% kept %}{{ now }}{% endkept %}")
    with translation.override("en"):
        assert page.render(Context()) == "en"
    with translation.override("es"):
        assert page.render(Context()) == "es"


def test_it_does_not_grow_without_end() -> None:
    page = Template("{% load kept %}{% kept value %}{{ value }}{% endkept %}")
    for value in range(MOST * 2):
        assert page.render(Context({"value": value})) == str(value)
    node = next(node for node in page.nodelist if hasattr(node, "kept"))
    assert len(node.kept) <= MOST
