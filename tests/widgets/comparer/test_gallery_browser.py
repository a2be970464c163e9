"""Many pictures at once in a real browser: dropped, ranked, grouped, looked at and put away."""

import csv
import re

import numpy as np
import pytest
from bare_page import BarePage, drop, encode, make_image, make_png
from lab_server import drop_from_disk
from playwright.sync_api import Locator, expect
from test_gallery import THRESHOLD, Colour, compare, score

from siamese_nb.widgets import Comparer

FILES = [(f"{seed}.png", make_png(seed), "image/png") for seed in range(1, 7)]
SCAN = ("scan.tif", encode(make_image(2), "TIFF"), "image/tiff")
NOTES = ("notes.txt", b"not a picture", "text/plain")


@pytest.fixture
def comparer() -> Comparer:
    def scores(one, others):
        return np.array([score(one, other) for other in others])

    return Comparer(compare, read=Colour, scores=scores, background={"threshold": THRESHOLD})


@pytest.fixture
def card(bare, comparer) -> Locator:
    return bare.show(comparer)


def pane(card: Locator, name: str) -> Locator:
    return card.locator(f"[data-pane={name}]")


def gallery(card: Locator) -> Locator:
    return card.get_by_role("region", name="Many pictures")


def seen(page: BarePage, image: Locator) -> None:
    expect(image).to_be_visible()
    page.page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image.element_handle())


def test_many_files_are_ranked_against_the_other_panes_picture(bare, card, comparer, tmp_path):
    drop(pane(card, "one"), FILES[2])
    drop(pane(card, "two"), *FILES, SCAN, NOTES)
    rows = gallery(card).locator(".sc-ranked li")
    expect(rows).to_have_count(7)
    expect(gallery(card)).to_contain_text(re.compile(r"Ranked by their score with 3\.png: \d of 7 reach the threshold"))
    names = [row["name"] for row in comparer.ranked]
    assert [row.locator(".sc-row-name > span").first.inner_text() for row in rows.all()] == names
    verdicts = [row.get_attribute("data-verdict") for row in rows.all()]
    assert verdicts == [row["verdict"] for row in comparer.ranked]
    expect(pane(card, "two")).to_contain_text(names[0])
    expect(rows.first.get_by_role("button")).to_have_attribute("aria-current", "true")
    expect(card.get_by_role("status")).to_contain_text("of 7 reach the threshold")
    for row in rows.all():
        seen(bare, row.locator("img"))
    gallery(card).locator(".sc-strays summary").click()
    expect(gallery(card).locator(".sc-strays")).to_contain_text("notes.txt is not a picture")
    with bare.page.expect_download() as download:
        gallery(card).get_by_role("button", name="Save as CSV").click()
    download.value.save_as(tmp_path / "ranking.csv")
    with (tmp_path / "ranking.csv").open(newline="") as stream:
        table = list(csv.DictReader(stream))
    assert [(row["rank"], row["name"], float(row["score"])) for row in table] == [
        (str(row["rank"]), row["name"], row["score"]) for row in comparer.ranked
    ]


def test_a_row_is_put_into_the_pane_by_mouse_and_by_keyboard(bare, card, comparer):
    drop(pane(card, "one"), FILES[2])
    drop(pane(card, "two"), *FILES, SCAN)
    row = gallery(card).locator("li", has_text="scan.tif").get_by_role("button")
    row.click()
    expect(pane(card, "two")).to_contain_text("scan.tif")
    seen(bare, pane(card, "two").locator(".sc-image"))  # a format that the browser cannot show by itself
    expect(row).to_have_attribute("aria-current", "true")
    gallery(card).locator(".sc-ranked button").first.focus()
    bare.page.keyboard.press("ArrowRight")
    bare.page.keyboard.press("End")
    bare.page.keyboard.press("Enter")
    last = comparer.ranked[-1]
    expect(pane(card, "two")).to_contain_text(last["name"])
    seen(bare, pane(card, "two").locator(".sc-image"))
    assert (comparer.score, comparer.verdict) == (last["score"], last["verdict"])
    drop(pane(card, "one"), FILES[5])
    expect(gallery(card)).to_contain_text("Ranked by their score with 6.png")
    expect(pane(card, "two")).to_contain_text("6.png")


def test_the_threshold_that_is_tried_judges_every_row(card):
    drop(pane(card, "one"), FILES[2])
    drop(pane(card, "two"), *FILES)
    expect(gallery(card).locator("li")).to_have_count(6)
    card.get_by_role("slider", name="Threshold").fill("0")
    expect(gallery(card)).to_contain_text("6 of 6 reach the threshold 0.00")
    expect(gallery(card).locator("li[data-verdict=similar]")).to_have_count(6)


def test_a_folder_from_the_disk_is_taken_with_the_folders_in_it(bare, card, comparer, tmp_path):
    holiday = tmp_path / "holiday"
    for name, data, _ in (*FILES[:2], (".hidden.png", b"", ""), ("deep/er/10.png", FILES[3][1], "")):
        (holiday / name).parent.mkdir(parents=True, exist_ok=True)
        (holiday / name).write_bytes(data)
    session = bare.page.context.new_cdp_session(bare.page)
    drop_from_disk(session, pane(card, "two"), holiday)
    expect(gallery(card)).to_contain_text("3 pictures")
    names = [member["name"] for member in comparer.gallery["members"]]
    assert names == ["holiday/1.png", "holiday/2.png", "holiday/deep/er/10.png"]
    expect(pane(card, "two")).to_contain_text("Drop a picture here")
    gallery(card).get_by_text("Ranked", exact=True).click()
    expect(gallery(card)).to_contain_text("Put a picture into the first pane to rank these by it.")


def test_each_is_compared_with_each_and_a_cell_shows_its_pair(bare, card, comparer, tmp_path):
    shifted = [
        (f"{seed}b.png", encode(make_image(seed).crop((1, 0, 70, 60)), "PNG"), "image/png") for seed in range(1, 7)
    ]
    drop(pane(card, "two"), *FILES, *shifted)
    canvas = gallery(card).locator("canvas")
    expect(canvas).to_be_visible()
    expect(gallery(card).get_by_text(re.compile(r"^Group \d+: \d+ pictures"))).to_have_count(
        sum(len(group) > 1 for group in comparer.groups)
    )
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    cell = box["width"] / 12
    bare.page.mouse.move(box["x"] + 2.5 * cell, box["y"] + 0.5 * cell)
    names = [caption.inner_text() for caption in gallery(card).locator("figcaption").all()]
    scores = {file[0]: Colour(file[1]) for file in (*FILES, *shifted)}
    between = score(*(scores[name] for name in names))
    expect(gallery(card).locator(".sc-pair")).to_contain_text(f"imilar, {between:.2f}")
    for image in gallery(card).locator("figure img").all():
        seen(bare, image)
    bare.page.mouse.down()
    bare.page.mouse.up()
    expect(pane(card, "one")).to_contain_text(names[0])
    expect(pane(card, "two")).to_contain_text(names[1])
    assert comparer.score == between
    gallery(card).get_by_text("Each with each").click()
    canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        bare.page.keyboard.press(key)
    expect(pane(card, "one")).not_to_contain_text(names[0])
    with bare.page.expect_download() as download:
        gallery(card).get_by_role("button", name="Save as CSV").click()
    download.value.save_as(tmp_path / "groups.csv")
    with (tmp_path / "groups.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = [[row["name"] for row in rows if row["group"] == str(number + 1)] for number in range(len(comparer.groups))]
    assert found == comparer.groups


def test_tiles_are_one_stop_of_the_tab_key_and_none_is_blank(bare, card):
    keyboard = bare.page.keyboard
    drop(pane(card, "one"), FILES[2])
    tall = ("tall.png", encode(make_image(9, (160, 40)), "PNG"), "image/png")
    drop(pane(card, "two"), *FILES, tall, *((f"again-{name}", data, type) for name, data, type in FILES[1:]))
    focused = "document.activeElement.dataset.place"
    for tab, place in (("Ranked", ".sc-ranked"), ("Each with each", ".sc-groups")):
        gallery(card).get_by_text(tab, exact=True).click()
        tiles = gallery(card).locator(f"{place} button")
        for threshold in ("0.8", "0.2"):  # the tiles are built anew
            card.get_by_role("slider", name="Threshold").fill(threshold)
            expect(gallery(card)).to_contain_text(f"the threshold {float(threshold):.2f}")
            expect(tiles).to_have_count(12)
            for tile in tiles.all():
                tile.scroll_into_view_if_needed()
                seen(bare, tile.locator("img"))
                assert tile.evaluate("tile => tile.scrollHeight <= tile.clientHeight"), "a picture hangs out"
            expect(gallery(card).locator(f"{place} button[tabindex='0']")).to_have_count(1)
        tiles.first.focus()
        keyboard.press("ArrowRight")
        expect(tiles.nth(1)).to_be_focused()
        expect(gallery(card).locator(f"{place} button[tabindex='0']")).to_have_count(1)
        keyboard.press("End")
        expect(tiles.last).to_be_focused()
        assert bare.page.evaluate(focused) is not None
        keyboard.press("Tab")
        assert bare.page.evaluate(focused) is None, "the Tab key stops at a second tile"


def test_scores_that_are_no_numbers_are_said_in_place_of_the_map(bare):
    def scores(one, others):
        return np.full(len(others), np.nan)

    card = bare.show(Comparer(compare, read=Colour, scores=scores, background={"threshold": THRESHOLD}))
    drop(pane(card, "two"), *FILES)
    expect(gallery(card)).to_contain_text("cannot be compared each with each: a score is nan; train the model again.")
    expect(gallery(card).locator("canvas")).to_be_hidden()


def test_a_gallery_on_its_way_shows_how_far_it_is_and_gives_way(bare, card, comparer):
    bare.model("delay()")
    drop(pane(card, "two"), *FILES, *FILES)
    bare.page.wait_for_function("models[0].arrivals.filter((it) => it.custom?.kind === 'took').length >= 4")
    expect(pane(card, "two").locator("progress")).to_be_visible()
    expect(pane(card, "two")).to_contain_text("12 pictures")
    bare.page.wait_for_timeout(200)
    assert len(comparer._shelf.gallery.members) == 4  # no more goes out before the kernel has said that it took these
    drop(pane(card, "two"), FILES[0])
    bare.model("deliver()")
    expect(pane(card, "two")).to_contain_text("1.png")
    expect(gallery(card)).to_be_hidden()
    drop(pane(card, "two"), *FILES, *FILES)
    expect(gallery(card)).to_contain_text("12 pictures")
    gallery(card).get_by_role("button", name="Put these pictures away").click()
    expect(gallery(card)).to_be_hidden()
    bare.model("remove()")
    expect(card).to_have_count(0)


def test_a_choice_wins_over_a_slower_drop_and_only_files_to_be_seen_stay_in_the_page(bare, card, comparer):
    bare.page.evaluate("""() => {
      const { set } = Map.prototype;
      Map.prototype.set = function (id, value) {
        if (value instanceof File && String(id).includes("/")) window.files = this;
        return set.call(this, id, value);
      };
    }""")
    drop(pane(card, "one"), FILES[2])
    drop(pane(card, "two"), *FILES)
    expect(gallery(card).locator("li")).to_have_count(6)
    assert bare.page.evaluate("files.size") == 6
    bare.page.evaluate("""() => {
      const { arrayBuffer } = Blob.prototype;
      window.reading = Promise.withResolvers();
      Blob.prototype.arrayBuffer = async function () { await window.reading.promise; return arrayBuffer.call(this); };
    }""")
    drop(pane(card, "two"), FILES[0])
    gallery(card).locator("li", has_text="5.png").get_by_role("button").click()
    expect(pane(card, "two")).to_contain_text("5.png")
    bare.page.evaluate("reading.resolve()")
    bare.page.wait_for_timeout(200)
    assert comparer.state["two"]["name"] == "5.png"
    gallery(card).get_by_role("button", name="Put these pictures away").click()
    expect(gallery(card)).to_be_hidden()
    seen(bare, pane(card, "two").locator(".sc-image"))
    assert bare.page.evaluate("[...files.values()].map((file) => file.name)") == ["5.png"]
    drop(pane(card, "two"), FILES[0])
    expect(pane(card, "two")).to_contain_text("1.png")
    bare.page.wait_for_function("files.size === 0")  # once the answer is drawn


@pytest.mark.parametrize("width", [320, 768])
def test_nothing_of_it_is_cut_off_when_narrow(bare, card, width):
    bare.page.set_viewport_size({"width": width, "height": 800})
    drop(pane(card, "one"), FILES[2])
    long = ("a very long name of a picture that never seems to end.png", FILES[0][1], "image/png")
    drop(pane(card, "two"), *FILES, long)
    expect(gallery(card).locator("li")).to_have_count(7)
    for tab in ("Ranked", "Each with each"):
        gallery(card).get_by_text(tab, exact=True).click()
        expect(gallery(card).locator(".sc-ranked" if tab == "Ranked" else "canvas")).to_be_visible()
        assert bare.page.evaluate("document.documentElement.scrollWidth") <= width
