"""Figures and numbers on a page of another host, whose policy names ours: the code to copy, images, frames."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright
from test_citing import KNOWN, build

from livingreview.site import printing

HERE = "https://example.org/review/v/2027.3.1/"
ELSEWHERE = "https://another.example/page.html"
POLICY = "default-src 'none'; img-src https://example.org; frame-src https://example.org"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("site"), KNOWN)


@pytest.fixture
def context(site: Path) -> Iterator[BrowserContext]:
    """A browser for which our site is at its address, and which reaches nothing else."""

    def answer(route: Route) -> None:
        path = site / urlsplit(route.request.url).path.removeprefix(urlsplit(HERE).path)
        kind = mimetypes.guess_type(path.name)[0] or "text/plain"
        route.fulfill(body=path.read_bytes(), content_type=f"{kind}; charset=utf-8")

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=printing.browser(), args=["--no-sandbox"])
        context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
        context.route("**/*", lambda route: route.abort())
        context.route(f"{HERE}**", answer)
        yield context
        chromium.close()


def copied(page: Page) -> tuple[str, str]:
    """The code to copy of a number and of a figure."""
    page.goto(f"{HERE}chapters/impact.html")
    page.locator("main p a.n").first.click()
    page.get_by_role("button", name="Copy code to show it elsewhere").click()
    page.get_by_role("button", name="Copied").wait_for()
    number = str(page.evaluate("navigator.clipboard.readText()"))
    page.keyboard.press("Escape")
    return number, page.locator("details.lr-download code").first.text_content() or ""


def test_the_code_to_copy_shows_a_number_and_a_figure_that_name_their_source(context: BrowserContext) -> None:
    page, wrong = context.new_page(), []
    number, figure = copied(page)
    for code in (number, figure):
        assert code.startswith(f'<a href="{HERE}chapters/')
        assert "<script" not in code
    shown = f"<!doctype html><title>Elsewhere</title>{number}{figure}"
    context.route(ELSEWHERE, lambda route: route.fulfill(body=shown, content_type="text/html", headers={
        "content-security-policy": POLICY, "content-type": "text/html"}))  # fmt: skip
    page.on("console", lambda message: wrong.append(message.text))
    page.goto(ELSEWHERE)
    sizes = page.evaluate("[...document.images].map((image) => [image.complete, image.naturalWidth > 200, image.alt])")
    assert [size[:2] for size in sizes] == [[True, True]] * 2
    assert all(size[2] for size in sizes), "whoever cannot see it hears what it is"
    assert wrong == []


def test_a_frame_is_a_link_to_the_page_it_is_from(context: BrowserContext, site: Path) -> None:
    number = next(path for path in sorted((site / "numbers").glob("*.svg")))
    figure = next(path for path in sorted((site / "figures/impact").glob("*.svg")) if ".slide." not in path.name)
    paths = [path.relative_to(site).as_posix() for path in (number, figure)]
    frames = "".join(f'<iframe src="{HERE}{path}" width="600" height="400"></iframe>' for path in paths)
    context.route(ELSEWHERE, lambda route: route.fulfill(body=f"<!doctype html>{frames}", content_type="text/html",
        headers={"content-security-policy": POLICY, "content-type": "text/html"}))  # fmt: skip
    page = context.new_page()
    page.goto(ELSEWHERE)
    assert len(page.frames) == 3
    for frame in page.frames[1:]:
        frame.wait_for_selector("a")
        said = frame.evaluate("document.documentElement.textContent")
        assert "version 2027.3.1" in said
        assert KNOWN["licence"] in said
        with context.expect_page() as opened:
            frame.locator("a text").last.click()
        opened.value.wait_for_load_state()
        assert opened.value.url.startswith(f"{HERE}chapters/")
        assert opened.value.locator("h1").count() == 1
