"""A course's texts as HTML: CommonMark with tables and formulas; raw HTML stays text. Pure."""

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

# «$5 and $6» is no formula: no blank may follow the first dollar, no digit the second.
_markdown = (
    MarkdownIt("commonmark", {"html": False})
    .enable("table")
    .use(dollarmath_plugin, allow_space=False, allow_digits=False, allow_labels=False)
)


def to_html(text: str) -> str:
    """`text`, safe to put into a page. Formulas are TeX in elements of the class `math`."""
    html: str = _markdown.render(text)
    return html


def to_inline_html(text: str) -> str:
    """The same for a text in a line: no paragraphs."""
    html: str = _markdown.renderInline(text)
    return html
