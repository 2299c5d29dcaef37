"""The plain pages as people see them: in light and in the dark, on a screen and on a telephone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

PAGES = ["/", "/docs", "/pathways", "/pathways/aos", "/pathways/metastases-dk", "/insights"]
LEGIBLE_PX = 12


@pytest.fixture
def read(browser, site):
    """Give a function that opens a page of ours."""
    contexts = []

    def opened(path, width, scheme):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale="sv-SE"
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{site}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (320, "dark")])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_bars_anyone(read, keep, path, width, scheme):
    page = read(path, width, scheme)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    keep(page, f"plain{path.replace('/', '-')}-{width}-{scheme}")


def test_the_pages_are_dark_where_the_reader_wants_that(read):
    ground = "getComputedStyle(document.body).backgroundColor"
    assert read("/", 800, "light").evaluate(ground) == "rgb(255, 255, 255)"
    assert read("/", 800, "dark").evaluate(ground) == "rgb(18, 23, 28)"


@pytest.mark.parametrize("width", [320, 1440])
def test_the_words_of_a_chart_are_legible_and_inside(read, width):
    page = read("/insights", width, "light")
    shown = page.locator("svg[role=img]")
    assert shown.count() == 2
    words = page.locator("svg text").evaluate_all(
        """texts => texts.map((text) => ({
          size: parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a,
          right: text.getBoundingClientRect().right }))"""
    )
    assert min(word["size"] for word in words) >= LEGIBLE_PX
    assert max(word["right"] for word in words) <= width
