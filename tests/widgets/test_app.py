"""The comparer as a page of its own: on this machine alone, behind a token, with the network's answer."""

import urllib.request

from bare_page import drop
from playwright.sync_api import expect

from siamese_nb.app import serve_app


def test_the_page_answers_what_is_dropped_and_asks_for_its_token(browser, trained):
    server = serve_app(trained.out)
    context = browser.new_context(viewport={"width": 900, "height": 900}, color_scheme="dark")
    try:
        with urllib.request.urlopen(server.url.split("?")[0]) as answer:
            assert "/login" in answer.url
        page = context.new_page()
        page.goto(server.url)
        card = page.locator(".siamese-comparer")
        files = sorted(trained.data.rglob("*.png"))[:2]
        expected = trained.verifier.compare(*files)
        expect(card).to_be_visible(timeout=60_000)
        grounds = page.locator("body, #main, #rendered_cells").evaluate_all(
            "(nodes) => nodes.map((node) => getComputedStyle(node).backgroundColor)"
        )
        assert grounds == ["rgb(18, 18, 18)"] * 3  # Chromium's ground in the dark
        drop(card.locator(".sc-pane").first, *((file.name, file.read_bytes(), "image/png") for file in files))
        expect(card.locator(".sc-result")).to_have_attribute("data-verdict", expected["verdict"], timeout=30_000)
        expect(card).to_contain_text(f"Score {expected['score']:.2f}")
        expect(card.get_by_role("radio", name="Alike")).to_be_enabled()
        many = sorted(trained.data.rglob("*.png"))[2:8]
        best = max(many, key=lambda file: trained.verifier.compare(files[0], file)["score"])
        drop(card.locator(".sc-pane").nth(1), *((file.name, file.read_bytes(), "image/png") for file in many))
        expect(card.locator(".sc-ranked li")).to_have_count(6, timeout=30_000)
        expect(card.locator(".sc-ranked li").first).to_contain_text(best.name)
    finally:
        context.close()
        server.stop()
