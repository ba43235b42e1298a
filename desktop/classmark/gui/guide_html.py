"""A page of the guide as the HTML that Qt's text documents understand, in the colours of a theme."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import QSize
from PySide6.QtGui import QKeySequence

from classmark.core.guide import Page
from classmark.core.markdown import Block, Code, Heading, Items, Kind, Paragraph, Picture, Span, Table, spans
from classmark.gui.theme import UNIT, Tokens

SizeOf = Callable[[str], QSize]
"""How large a picture is shown, by its source."""


def style(tokens: Tokens, points: float) -> str:
    """Return the style sheet of a page for a font of so many points."""
    return f"""
        body {{ color: {tokens.text}; }}
        h1 {{ font-size: {points * 1.7:.1f}pt; font-weight: 600; margin: 0 0 {UNIT}px 0; }}
        h2 {{ font-size: {points * 1.25:.1f}pt; font-weight: 600; margin: {3 * UNIT}px 0 {UNIT // 2}px 0; }}
        h3 {{ font-size: {points:.1f}pt; font-weight: 600; margin: {2 * UNIT}px 0 {UNIT // 2}px 0; }}
        p {{ margin: 0 0 {UNIT}px 0; line-height: 130%; }}
        p.picture {{ margin: {UNIT}px 0 {UNIT // 2}px 0; line-height: 100%; }}
        p.caption {{ color: {tokens.muted}; font-size: {points * 0.9:.1f}pt; margin: 0 0 {2 * UNIT}px 0; }}
        li {{ margin: 0 0 {UNIT // 2}px 0; line-height: 130%; }}
        ul, ol {{ margin: 0 0 {UNIT}px 0; -qt-list-indent: 1; }}
        a {{ color: {tokens.accent}; }}
        code {{ background-color: {tokens.sunken}; }}
        .key {{ background-color: {tokens.sunken}; font-weight: 600; }}
        table {{ margin: 0 0 {2 * UNIT}px 0; }}
        td, th {{ padding: {UNIT // 2 + 1}px {2 * UNIT}px {UNIT // 2 + 1}px 0; text-align: left; vertical-align: top;
            border-style: none none solid none; border-bottom: 1px solid {tokens.line}; }}
        th {{ color: {tokens.muted}; font-weight: 600; }}
        td.code {{ background-color: {tokens.sunken}; padding: {UNIT}px; border-style: none; }}
        pre {{ margin: 0; }}
    """


def page_html(page: Page, size_of: SizeOf) -> str:
    """Return the body of a page."""
    return "\n".join(_block(block, size_of) for block in page.blocks)


def _block(block: Block, size_of: SizeOf) -> str:
    match block:
        case Heading(level=level, text=text):
            return f'<h{level}><a name="{escape(block.anchor)}"></a>{_line(text)}</h{level}>'
        case Paragraph(text=text):
            return f"<p>{_line(text)}</p>"
        case Items(entries=entries, is_numbered=is_numbered):
            tag = "ol" if is_numbered else "ul"
            return f"<{tag}>{''.join(f'<li>{_line(entry)}</li>' for entry in entries)}</{tag}>"
        case Code(text=text):
            return f'<table class="code" width="100%"><tr><td class="code"><pre>{escape(text)}</pre></td></tr></table>'
        case Picture(caption=caption, source=source):
            size = size_of(source)
            image = f'<img src="{escape(source)}" width="{size.width()}" height="{size.height()}">'
            return f'<p class="picture">{image}</p><p class="caption">{_line(caption)}</p>'
        case Table(rows=rows):
            head, *others = rows
            made = [_row(head, "th"), *(_row(row, "td") for row in others)]
            return f'<table cellspacing="0" border="0">{"".join(made)}</table>'


def _row(cells: tuple[str, ...], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{_line(cell)}</{tag}>' for cell in cells)}</tr>"


def _line(text: str) -> str:
    return "".join(_span(span) for span in spans(text))


def _span(span: Span) -> str:
    text = escape(span.text)
    match span.kind:
        case Kind.BOLD:
            return f"<b>{text}</b>"
        case Kind.STRESS:
            return f"<i>{text}</i>"
        case Kind.CODE:
            return f"<code>{text}</code>"
        case Kind.KEY:
            native = QKeySequence(span.text).toString(QKeySequence.SequenceFormat.NativeText) or span.text
            return f'<span class="key">&nbsp;{escape(native).replace(" ", "&nbsp;")}&nbsp;</span>'
        case Kind.LINK:
            return f'<a href="{escape(span.target)}">{text}</a>'
        case Kind.TEXT:
            return text
