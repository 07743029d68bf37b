"""What the words of a part of a page mean, to be opened beneath that part."""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from apps.guide.glossary import Glossary, Term

register = template.Library()

_TAG = re.compile(r"<[^>]*>")


class ExplainedNode(template.Node):
    def __init__(self, glossary: FilterExpression, nodes: NodeList) -> None:
        self.glossary, self.nodes = glossary, nodes

    def render(self, context: Context) -> SafeString:
        html = self.nodes.render(context)
        glossary: Glossary = self.glossary.resolve(context)
        found = glossary.terms_in(unescape(_TAG.sub(" ", html)))
        if not found:
            return html
        told = _told(tuple(found), get_language())
        return mark_safe(html + told)  # noqa: S308 two templates, each escaped by itself


@lru_cache(maxsize=1024)
def _told(found: tuple[Term, ...], language: str) -> str:
    """The folded list of these terms: parts of many trials use the same words."""
    return render_to_string("_components/words.html", {"terms": found})


@register.tag
def explained(parser: Parser, token: Token) -> ExplainedNode:
    """`{% explained glossary %}...{% endexplained %}`: what stands inside, then its terms of that glossary, folded."""
    _name, glossary = token.split_contents()
    nodes = parser.parse(("endexplained",))
    parser.delete_first_token()
    return ExplainedNode(parser.compile_filter(glossary), nodes)
