"""The Sphinx extension: registers the roles and directives, the writer and the page, and refuses stale chapters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingreview.evidence import DATA
from livingreview.publish.figures.parts import DARK, LIGHT
from livingreview.repository import enclosing
from livingreview.site import (
    citing,
    datafiles,
    datasets,
    downloads,
    drawn,
    glossary,
    handouts,
    heartbeat,
    number_cards,
    number_images,
    numbers_file,
    pages,
    printing,
    published,
    search,
    subpages,
    turning,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what the site adds to Sphinx."""
    app.add_config_value("comments_config", {}, "env")  # Jupyter Book sets it, though sphinx_comments is left out
    app.add_role("n", published.NumberRole())
    app.add_role("src", published.SourceRole())
    app.add_directive("published-numbers", published.PublishedNumbers)
    app.add_directive("conclusions", published.Conclusions)
    app.add_directive("mutation-run", published.MutationRun)
    app.add_directive("bound-counts", published.BoundCounts)
    app.add_directive("cite-chapter", citing.CiteChapter)
    app.add_directive("data-package", datasets.DataPackage)
    for node, module in ((drawn.drawing, drawn), (turning.mark, turning)):
        app.add_node(node, html=(module.visit, module.depart))
    app.add_node(pages.folded_code, html=(pages.visit_folded_code, pages.depart_folded_code))
    app.add_post_transform(pages.FoldCode)
    app.add_post_transform(glossary.SpellOut)
    app.add_post_transform(published.UsedIn)
    app.add_post_transform(turning.Mark)
    app.add_post_transform(drawn.Effects)
    app.add_post_transform(downloads.Downloads)
    app.add_post_transform(pages.ScrollTables)
    app.add_post_transform(pages.Fit)
    app.set_translator("html", pages.Translator)
    app.connect("config-inited", set_up_theme)
    app.connect("builder-inited", refuse_another_project)
    app.connect("builder-inited", refuse_stale_chapters)
    app.connect("builder-inited", search.replace)
    app.connect("builder-inited", downloads.begin)
    app.connect("source-read", published.hide)
    app.connect("doctree-read", published.use_labels, priority=400)  # before the contents are collected (500)
    app.connect("missing-reference", published.resolve)
    app.connect("html-page-context", pages.menu, priority=400)  # before furo (500)
    app.connect("html-page-context", number_cards.fill, priority=450)  # before the policy is written (500)
    app.connect("html-page-context", pages.fill)
    app.connect("html-page-context", citing.fill)
    app.connect("html-page-context", datasets.fill)
    app.connect("html-page-context", printing.fill)
    app.connect("html-page-context", search.collect)
    app.connect("html-page-context", handouts.collect)
    app.connect("html-page-context", subpages.divide, priority=900)  # after all that adds to the page
    app.connect("html-collect-pages", pages.others)
    app.connect("html-collect-pages", subpages.give)
    app.connect("build-finished", downloads.finish, priority=400)  # before what reads the files of the site (500)
    app.connect("build-finished", handouts.write)
    app.connect("build-finished", citing.write_sources)
    app.connect("build-finished", datafiles.write)
    app.connect("build-finished", heartbeat.write)
    app.connect("build-finished", numbers_file.write)
    app.connect("build-finished", number_images.write)
    app.connect("build-finished", subpages.write)
    app.connect("build-finished", search.write, priority=600)
    app.connect("build-finished", pages.finish, priority=900)  # after everything is written
    return {"parallel_read_safe": True, "parallel_write_safe": False}  # the search collects from all pages


def set_up_theme(app: Sphinx, config: Config) -> None:
    """Let our templates go before those of furo, and add our script file and the colours of the figures."""
    config.templates_path = [*config.templates_path, str(pages.HERE / "templates")]
    config.html_static_path = [*config.html_static_path, *(str(pages.STATIC / name) for name in pages.ON_DEMAND)]
    for theme, palette in (("light", LIGHT), ("dark", DARK)):
        series = {f"lr-series-{number}": colour for number, colour in enumerate(palette, start=1)}
        config.html_theme_options[f"{theme}_css_variables"].update(series)


def refuse_another_project(app: Sphinx) -> None:
    """Stop if the pages are of another project than the data, which are those of the current folder.

    Raises
    ------
    SystemExit
        One line that says what to do.
    """
    root = enclosing(Path(app.srcdir))
    if root and root != DATA.parent.resolve():
        raise SystemExit(f"The pages are of {root}, the data of {DATA.parent}. Build from there: cd {root}")


def refuse_stale_chapters(app: Sphinx) -> None:
    """Stop if a chapter's stored outputs are older than its data or code.

    Raises
    ------
    SystemExit
        One line that says which chapters: another error would print forty lines of traceback.
    """
    from livingreview.notebooks.fingerprints import stale

    chapters = stale(Path(app.srcdir))
    if chapters:
        raise SystemExit(f"stale chapters: {', '.join(chapters)}. Their data or code has changed; run: make refresh")
