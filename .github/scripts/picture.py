"""Photograph the first screen of the built chapter on IMPACT for README.md: .github/first-page.png."""

from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from livingreview.site.printing import browser

ROOT = Path(__file__).parents[2]
PAGE, PICTURE = ROOT / "_build/html/chapters/impact.html", ROOT / ".github/first-page.png"
SCREEN: ViewportSize = {"width": 1280, "height": 900}


def main() -> None:
    """Write the picture."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport=SCREEN, color_scheme="light", reduced_motion="reduce")
        page.goto(PAGE.as_uri())
        page.screenshot(path=PICTURE)
        chromium.close()
    print(f"{PICTURE.relative_to(ROOT)}: the first screen of {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
