"""Equations become MathML when the site is built, so that it needs no script and no network to show them."""

import html
import re

from latex2mathml.converter import convert

_EQUATION = re.compile(r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<latex>.*?)\\[)\]]</(?P=tag)>', re.DOTALL)


def on_page_content(content: str, **_: object) -> str:
    """A page with each of its `$...$` and `$$...$$` as MathML."""
    return _EQUATION.sub(_mathml, content)


def _mathml(found: re.Match[str]) -> str:
    return convert(html.unescape(found["latex"]).strip(), display="block" if found["tag"] == "div" else "inline")
