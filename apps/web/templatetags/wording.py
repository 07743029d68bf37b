"""What the words of a part of a page mean, to be opened beneath that part."""

from __future__ import annotations

import re
from html import unescape

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from apps.guide.glossary import terms_in

register = template.Library()

_TAG = re.compile(r"<[^>]*>")


class ExplainedNode(template.Node):
    def __init__(self, nodes: NodeList) -> None:
        self.nodes = nodes

    def render(self, context: Context) -> SafeString:
        html = self.nodes.render(context)
        found = terms_in(unescape(_TAG.sub(" ", html)))
        if not found:
            return html
        told = render_to_string("_components/words.html", {"terms": found})
        return mark_safe(html + told)  # noqa: S308 two templates, each escaped by itself


@register.tag
def explained(parser: Parser, token: Token) -> ExplainedNode:
    """`{% explained %}...{% endexplained %}`: what stands inside, then its terms of the glossary, folded."""
    nodes = parser.parse(("endexplained",))
    parser.delete_first_token()
    return ExplainedNode(nodes)
