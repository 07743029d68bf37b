"""Parts of a page that are the same for everyone: rendered once in a process, then printed."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

# Values that a part depends on come from a few words and dates; more than this means that something else crept in.
MOST = 256


class KeptNode(template.Node):
    def __init__(self, nodes: NodeList, depends_on: list[FilterExpression]) -> None:
        self.nodes, self.depends_on = nodes, depends_on
        self.kept: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = (get_language(), *(value.resolve(context) for value in self.depends_on))
        if key not in self.kept:
            if len(self.kept) >= MOST:
                self.kept.clear()
            self.kept[key] = self.nodes.render(context)
        return self.kept[key]


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """`{% kept section site.sample %}...{% endkept %}`: what stands inside depends on these values and the language
    alone. Nothing else of a response is remembered.
    """
    depends_on = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodes = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodes, depends_on)
