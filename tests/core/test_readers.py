"""Each reader finds text, title, abstract, language and pages where its format has them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from tests.core.files import LIBRARY, W, docx, epub, odt, paragraph, pdf, pptx, shape, zipped

from classmark.core.documents import Document, Origin, Reading

STYLES = (
    '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    '<w:style w:styleId="Titel"><w:name w:val="Title"/></w:style>'
    '<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style></w:styles>'
)


# ---- plain text and Markdown


def test_text_is_normalised(read_document: Callable[..., Document]) -> None:
    document = read_document("a.txt", "Cafe\u0301\r\nau  lait\r\r\n\n\n\n\nfi\xadn\x01al\x07\ufeff\u200b line \n")
    assert document.body == "Café\nau lait\n\nfinal line"
    assert unicodedata.is_normalized("NFC", document.body)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The Birds of the Coast\n\n" + LIBRARY, "The Birds of the Coast"),
        ("12\nhttps://example.org/a\nISSN 1234-5678\nThe Birds of the Coast\nBy A. Author", "The Birds of the Coast"),
        (LIBRARY * 3, ""),
        ("there were, as the report says,\nno birds", ""),
        ("海岸的鸟类\n\n正文", "海岸的鸟类"),
    ],
)
def test_a_title_is_guessed_from_the_first_substantial_line(
    read_document: Callable[..., Document], text: str, title: str
) -> None:
    document = read_document("a.txt", text)
    assert document.title == title
    assert document.title_origin is (Origin.GUESSED if title else Origin.NONE)


@pytest.mark.parametrize(
    ("heading", "after"),
    [
        ("Abstract", "Keywords: birds"),
        ("ABSTRACT", "1 Introduction"),
        ("1. Summary", "1. Introduction"),
        ("Zusammenfassung", "Schlüsselwörter: Vögel"),
        ("Résumé", "Mots-clés : oiseaux"),
        ("Resumen", "Palabras clave: aves"),
        ("Аннотация", "Ключевые слова: птицы"),
        ("摘 要", "关键词：鸟"),
        ("要旨", "キーワード：鳥"),
        ("초록", "주제어: 새"),
    ],
)
@pytest.mark.parametrize("mark", ["\n", ": ", "— "])
def test_an_abstract_is_found_under_its_heading(
    read_document: Callable[..., Document], heading: str, after: str, mark: str
) -> None:
    document = read_document(
        "a.txt", f"Birds of the Coast\nA. Author\n{heading}{mark}{LIBRARY}\n{after}\n{LIBRARY * 9}"
    )
    assert document.abstract == LIBRARY
    assert document.abstract_origin is Origin.GUESSED


@pytest.mark.parametrize(
    "text", [LIBRARY * 9, f"Abstract\nshort\nKeywords: x\n{LIBRARY}", f"Abstract art is\n{LIBRARY}"]
)
def test_no_abstract_is_made_up(read_document: Callable[..., Document], text: str) -> None:
    document = read_document("a.txt", "Birds of the Coast\n" + text)
    assert document.abstract == ""
    assert document.abstract_origin is Origin.NONE


def test_markdown_gives_headings_and_plain_words(read_document: Callable[..., Document]) -> None:
    text = (
        "---\nlang: de\n---\n# Die **Vögel** der [Küste](http://x.org)\n\n"
        f"## Abstract\n{LIBRARY}\n\n## Mehr\n- eins\n- *zwei*"
    )
    document = read_document("a.md", text)
    assert (document.title, document.title_origin) == ("Die Vögel der Küste", Origin.MARKUP)
    assert document.abstract == LIBRARY
    assert document.language == "de"
    assert document.body.endswith("eins\nzwei")


# ---- languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Die Bibliothek bewahrt alte Handschriften von der Küste auf.", "de"),
        ("Библиотека хранит старинные рукописи с побережья.", "ru"),
        ("图书馆收藏许多古老的书籍与手稿，读者每天都来这里阅读和研究，馆员为每一本书编写目录。", "zh"),
        ("Too short", ""),
        ("1234 5678 " * 20, ""),
    ],
)
def test_a_language_is_recognised_in_texts_that_are_long_enough(
    read_document: Callable[..., Document], text: str, language: str
) -> None:
    assert read_document("a.txt", text).language == language


# ---- HTML


def test_html_breaks_lines_at_blocks_only(read_document: Callable[..., Document]) -> None:
    document = read_document(
        "a.html",
        "<html lang='de-AT'><title>Vögel | Bücherei</title><style>p{}</style><nav>Menü</nav><script>var x</script>"
        "<h1>Vögel</h1><p>Ein <b>fet</b>tes <i>Wort</i>,\n zwei<br>Zeilen</p>"
        "<ul><li>eins<li>zwei</ul><footer>Impressum",
    )
    assert document.body == "Vögel\n\nEin fettes Wort, zwei\nZeilen\n\neins\n\nzwei"
    assert (document.title, document.title_origin, document.language) == ("Vögel", Origin.MARKUP, "de")


@pytest.mark.parametrize(
    ("head", "title", "origin"),
    [
        ("<meta name=citation_title content='Cited birds'><title>Window</title>", "Cited birds", Origin.METADATA),
        ("<meta name=DC.Title content='Core birds'><title>Window</title>", "Core birds", Origin.METADATA),
        ("<meta property=og:title content='Shared birds'>", "Shared birds", Origin.METADATA),
        ("<title>A heading – Site</title><meta property=og:title content=Site>", "A heading", Origin.MARKUP),
        ("<title>Window</title>", "A heading", Origin.MARKUP),
    ],
)
def test_html_titles_are_taken_from_where_they_are_surest(
    read_document: Callable[..., Document], head: str, title: str, origin: Origin
) -> None:
    document = read_document("a.html", f"<head>{head}</head><body><h1>A heading</h1><p>{LIBRARY}")
    assert (document.title, document.title_origin) == (title, origin)


def test_html_abstract_comes_from_its_metadata(read_document: Callable[..., Document]) -> None:
    document = read_document("a.html", f"<meta name=citation_abstract content='{LIBRARY}'><p>Text of the page")
    assert (document.abstract, document.abstract_origin) == (LIBRARY, Origin.METADATA)


def test_html_menus_are_dropped_and_the_main_part_preferred(read_document: Callable[..., Document]) -> None:
    menu = "".join(f"<li><a href=#>Entry {number}</a></li>" for number in range(12))
    document = read_document(
        "a.html", f"<div>Banner</div><main><ul>{menu}</ul><p>{LIBRARY * 3}</p></main><p>Advertisement"
    )
    assert document.body == LIBRARY * 3


def test_html_in_a_declared_encoding(read_document: Callable[..., Document]) -> None:
    document = read_document("a.html", "<meta charset=windows-1251><p>Птицы побережья".encode("cp1251"))
    assert document.body == "Птицы побережья"


# ---- PDF


def test_pdf_pages_have_offsets(read_document: Callable[..., Document]) -> None:
    document = read_document("a.pdf", pdf("First page\nwith text", "Second page", "Third page"))
    assert len(document.pages) == 3
    starts = [document.body[offset:].split("\n")[0] for offset in document.pages]
    assert starts == ["First page", "Second page", "Third page"]


@pytest.mark.parametrize(
    ("stated", "title", "origin"),
    [
        ("Birds of the Coast", "Birds of the Coast", Origin.METADATA),
        ("Microsoft Word - birds.doc", "Set in large type", Origin.GUESSED),
        ("birds_final_v3.indd", "Set in large type", Origin.GUESSED),
        ("Untitled", "Set in large type", Origin.GUESSED),
        ("untitled-1", "Set in large type", Origin.GUESSED),
        ("", "Set in large type", Origin.GUESSED),
    ],
)
def test_pdf_titles(read_document: Callable[..., Document], stated: str, title: str, origin: Origin) -> None:
    document = read_document(
        "a.pdf", pdf("Set in large type\nLine one of the text\nLine two of the text", title=stated)
    )
    assert (document.title, document.title_origin) == (title, origin)


def test_pdf_words_broken_at_line_ends_are_mended(read_document: Callable[..., Document]) -> None:
    document = read_document("a.pdf", pdf("Title here\nThe cata-\nlogue of the well-\nknown library is well-known"))
    assert "The catalogue of the well-known library" in document.body.replace("\n", " ")


# ---- DOCX, PPTX, ODT, EPUB


def test_docx_text_boxes_fields_notes_and_deletions(read_document: Callable[..., Document]) -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>Boxed</w:t></w:r></w:p></w:txbxContent>"
    body = (
        paragraph("Vögel der Küste", "Titel")
        + paragraph("Abstract", "berschrift1")
        + paragraph(LIBRARY)
        + paragraph("Mehr", "berschrift1")
        + f"<w:p><w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent></w:r><w:r><w:t>Host</w:t></w:r></w:p>"
        "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>Se</w:t></w:r><w:r><w:t>ven</w:t><w:tab/><w:t>8</w:t></w:r>"
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom></w:p>"
    )
    notes = f'<w:footnotes xmlns:w="{W}">{paragraph("A note")}</w:footnotes>'
    document = read_document("a.docx", docx(body, styles=STYLES, footnotes=notes))
    assert document.body.split("\n")[-4:] == ["Boxed", "Host", "Seven\t8", "A note"]
    assert (document.title, document.title_origin) == ("Vögel der Küste", Origin.MARKUP)
    assert (document.abstract, document.abstract_origin) == (LIBRARY, Origin.MARKUP)


def test_pptx_slides_come_in_their_order(read_document: Callable[..., Document]) -> None:
    document = read_document(
        "a.pptx", pptx(shape("Birds", "ctrTitle") + shape("first"), shape("second"), shape("third"))
    )
    assert document.body == "Birds\nfirst\n\nsecond\n\nthird"
    assert document.pages == (0, 13, 21)
    assert (document.title, document.title_origin) == ("Birds", Origin.MARKUP)


def test_odt_styles_spaces_notes_and_deletions(read_document: Callable[..., Document]) -> None:
    content = (
        '<office:automatic-styles><style:style style:name="P1" style:parent-style-name="Title"/>'
        "</office:automatic-styles>"
        "<office:body><office:text><text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        '<text:p text:style-name="P1">Birds of<text:s text:c="2"/>the Coast</text:p><text:p>One<text:tab/>two'
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note</text:p></text:note-body>"
        "</text:note><text:line-break/>three</text:p></office:text></office:body>"
    )
    document = read_document("a.odt", odt(content))
    assert document.body == "Birds of the Coast\nA note\nOne\ttwo\nthree"
    assert (document.title, document.title_origin) == ("Birds of the Coast", Origin.MARKUP)


def test_epub_follows_its_spine(read_document: Callable[..., Document]) -> None:
    document = read_document("a.epub", epub({"a": "<p>Anfang</p>", "b": "<p>Ende</p>"}, ["b", "a"], title="Die Inseln"))
    assert document.body == "Ende\n\nAnfang"
    assert document.pages == (0, 6)
    assert (document.title, document.title_origin, document.language) == ("Die Inseln", Origin.METADATA, "de")


def test_content_goes_before_suffix(read_document: Callable[..., Document]) -> None:
    assert read_document("a.pdf", docx(paragraph(LIBRARY))).format == "DOCX"
    assert read_document("b.txt", pdf("A title\nand text")).format == "PDF"
    assert read_document("c", "<!DOCTYPE html><p>" + LIBRARY).format == "HTML"
    assert read_document("d.txt", "<b> is the tag for bold. " + LIBRARY).format == "TXT"


# ---- RTF and XML


def test_rtf_title_code_page_and_pictures(read_document: Callable[..., Document]) -> None:
    picture = "{\\pict\\pngblip " + "00ff" * 1000 + "}"
    source = (
        "{\\rtf1\\ansi\\ansicpg1251{\\info{\\title \\'cf\\'f2\\'e8\\'f6\\'fb}}"
        + picture
        + "\\'c1\\'e5\\'f0\\'e5\\'e3 \\u-10179?\\u-8704?\\par}"
    )
    document = read_document("a.rtf", source)
    assert (document.title, document.title_origin) == ("Птицы", Origin.METADATA)
    assert document.body.startswith("Берег \U0001f600")


JATS = f"""<?xml version="1.0"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96)//EN" "JATS-archivearticle1.dtd">
<article xml:lang="fr" xmlns:xlink="http://www.w3.org/1999/xlink"><front>
<journal-meta><journal-title>Journal of Birds</journal-title></journal-meta>
<article-meta><article-id>10.1/1</article-id><title-group><article-title>Birds of <italic>Larus</italic><xref>*</xref>
and&nbsp;kin</article-title><alt-title>Running head</alt-title></title-group>
<contrib-group><contrib>Author</contrib></contrib-group>
<abstract abstract-type="teaser"><p>Teaser</p></abstract>
<abstract><title>Abstract</title><sec><title>Aims</title><p>{LIBRARY}</p></sec></abstract>
<kwd-group><kwd>gulls</kwd></kwd-group></article-meta></front>
<body><sec><title>Introduction</title><p>Many <sup>a</sup> bird.</p></sec></body>
<back><ref-list><ref>Cited work</ref></ref-list></back></article>"""


def test_jats_parts_are_told_apart(read_document: Callable[..., Document]) -> None:
    document = read_document("a.xml", JATS)
    assert (document.format, document.language) == ("JATS", "fr")
    assert (document.title, document.title_origin) == ("Birds of Larus and kin", Origin.MARKUP)
    assert (document.abstract, document.abstract_origin) == (f"Aims\n{LIBRARY}", Origin.MARKUP)
    assert "Many a bird." in document.body
    assert "gulls" in document.body
    for absent in ("Journal", "10.1", "Running", "Cited", "Author"):
        assert absent not in document.body


@pytest.mark.parametrize(
    ("content", "title", "language"),
    [
        (f"<TEI xmlns='urn:tei' xml:lang='en'><teiHeader><title>On Birds</title></teiHeader>"
         f"<text><p>{LIBRARY}</p></text></TEI>",
         "On Birds", "en"),
        (f"<FictionBook><description><genre>x</genre><book-title>Vom Meer</book-title><lang>de</lang></description>"
         f"<body><p>{LIBRARY}</p></body><binary>AAAA</binary></FictionBook>", "Vom Meer", "de"),
    ],
    ids=["TEI", "FictionBook"],
)  # fmt: skip
def test_other_xml_is_read_as_text_with_a_title(
    read_document: Callable[..., Document], content: str, title: str, language: str
) -> None:
    document = read_document("a.xml", content)
    assert (document.format, document.title, document.language) == ("XML", title, language)
    assert LIBRARY in document.body
    assert "AAAA" not in document.body


def test_xml_in_an_encoding_that_expat_does_not_know(read_document: Callable[..., Document]) -> None:
    text = "<?xml version='1.0' encoding='Big5'?><r><title>圖書館的書</title><p>圖書館收藏許多古老的書籍</p></r>"
    assert read_document("a.xml", text.encode("big5")).title == "圖書館的書"


def test_broken_xml_keeps_what_came_before(read: Callable[..., Reading]) -> None:
    reading = read("a.xml", f"<r><p>{LIBRARY * 9}</p><p>unclosed")
    assert reading.document is not None
    assert "damaged at line 1" in reading.reason


def test_an_archive_without_known_parts_is_not_taken_for_a_document(read: Callable[..., Reading]) -> None:
    assert read("a.docx", zipped({"x.txt": "x"})).document is None


@pytest.mark.parametrize("properties", ["", "<broken", "<p><title>Microsoft Word - x.doc</title></p>"])
def test_bad_properties_do_not_keep_a_document_from_being_read(
    read_document: Callable[..., Document], properties: str
) -> None:
    document = read_document("a.docx", docx(paragraph("Birds of the Coast"), properties))
    assert document.title == "Birds of the Coast"


@pytest.mark.parametrize(("times", "language"), [(1, "en"), (9, "de")])
def test_a_long_page_is_not_in_the_language_of_its_template(
    read_document: Callable[..., Document], times: int, language: str
) -> None:
    text = "Die Bibliothek bewahrt alte Handschriften von der Küste und von den Inseln. " * times
    assert read_document("a.html", f"<html lang=en><p>{text}").language == language
