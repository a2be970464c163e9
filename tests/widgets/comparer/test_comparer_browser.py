"""What a user does to the comparer, in a real browser: its real JavaScript against its real Python class."""

import base64
import csv
import re
import struct
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from bare_page import ORIGIN, drop, encode, make_image, make_png, transfer
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from siamese_nb.widgets import Comparer
from siamese_nb.widgets.comparer.upload import CHUNK, LIMIT

RED, CRIMSON, BLUE = (make_png(seed) for seed in (1, 2, 3))
LARGE = encode(make_image(4, (1700, 1700)), "PNG", compress_level=0)
NOTES = ("notes.txt", b"not a picture", "text/plain")


def png(name: str, data: bytes) -> tuple[str, bytes, str]:
    return name, data, "image/png"


def compare(one: bytes, two: bytes) -> dict:
    """Answer as if RED and CRIMSON alone showed the same thing."""
    score = 0.93 if {one, two} <= {RED, CRIMSON} else 0.21
    verdict = "similar" if score >= 0.62 else "not similar"
    return {"score": score, "threshold": 0.62, "verdict": verdict, "probability": score}


@pytest.fixture
def comparer() -> Comparer:
    return Comparer(compare)


@pytest.fixture
def card(bare, comparer) -> Locator:
    return bare.show(comparer)


def pane(card: Locator, name: str) -> Locator:
    return card.locator(f"[data-pane={name}]")


def expect_verdict(card: Locator, verdict: str) -> None:
    expect(card.locator(".sc-result")).to_have_attribute("data-verdict", verdict)


def expect_seen(pane: Locator) -> None:
    """Wait until the pane's picture is drawn, not only placed."""
    image = pane.locator("img")
    expect(image).to_be_visible()
    pane.page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image.element_handle())


def test_two_files_dropped_at_once_are_both_seen_and_answered(card, comparer):
    expect(card).to_contain_text("Do these show the same thing?")
    drop(pane(card, "one"), png("red.png", RED), png("crimson.png", CRIMSON))
    expect_verdict(card, "similar")
    for name, file in (("one", "red.png"), ("two", "crimson.png")):
        expect_seen(pane(card, name))
        expect(pane(card, name)).to_contain_text(file)
        expect(pane(card, name)).to_contain_text("80 \N{MULTIPLICATION SIGN} 60")
    expect(card.locator(".sc-badge")).to_have_text("Similar")
    expect(card.locator(".sc-detail")).to_have_text("Score 0.93, above the threshold 0.62.")
    expect(card.locator(".sc-chance")).to_have_text("93% probable that both show the same thing.")
    assert comparer.verdict == "similar"


def test_one_picture_alone_asks_for_the_other_and_calls_no_idle_kernel_busy(bare, card, comparer):
    drop(pane(card, "one"), png("red.png", RED))
    expect_seen(pane(card, "one"))
    bare.page.wait_for_timeout(1300)  # the small picture that the kernel is sent gets no answer
    assert comparer._past.thumbnail(comparer.state["one"]["id"]) is not None
    expect(card.locator(".sc-badge")).to_have_text("One more picture")


def test_the_marks_stand_where_the_numbers_say(card):
    drop(pane(card, "one"), png("red.png", RED), png("blue.png", BLUE))
    expect_verdict(card, "not similar")
    card.page.wait_for_timeout(500)  # the mark slides there
    left, width = card.locator(".sc-track").evaluate(
        "e => { const r = e.getBoundingClientRect(); return [r.x, r.width]; }"
    )
    mark = card.locator(".sc-mark").evaluate("e => e.getBoundingClientRect().x")
    tick = card.locator(".sc-tick").evaluate("e => e.getBoundingClientRect().x + 1")
    assert ((mark - left) / width, (tick - left) / width) == pytest.approx((0.21, 0.62), abs=0.005)


def test_the_verdict_is_told_by_words_colour_and_shape_and_said_aloud(card):
    looks = []
    for file in (CRIMSON, BLUE):
        drop(pane(card, "one"), png("a.png", RED), png("b.png", file))
        expect(card.get_by_role("status")).to_contain_text("Score 0.93" if file == CRIMSON else "Score 0.21")
        badge = card.locator(".sc-badge")
        looks.append(
            (badge.inner_text(), badge.evaluate("e => getComputedStyle(e).color"), badge.locator("svg").inner_html())
        )
    assert all(similar != different for similar, different in zip(*looks, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_readable_in_light_and_dark(bare, card, scheme):
    bare.page.emulate_media(color_scheme=scheme)
    for second in (png("b.png", CRIMSON), png("b.png", BLUE), NOTES):
        drop(pane(card, "one"), png("a.png", RED), second)
        expect(pane(card, "two")).to_contain_text(second[0])
        expect(card.locator(".sc-badge")).not_to_have_text("Reading")
        bare.page.wait_for_timeout(300)
        for part in (".sc-badge", ".sc-detail", ".sc-name >> nth=0", ".sc-size >> nth=0", ".sc-message >> nth=1"):
            text = card.locator(part)
            assert not text.is_visible() or contrast(text) >= 4.5, (scheme, part, contrast(text))


def contrast(text: Locator) -> float:
    """Return the WCAG contrast ratio of a text and the nearest filled ground behind it."""
    colours = text.evaluate(
        """element => {
          const ink = getComputedStyle(element).color;
          const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          const read = (colour) => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data];
          };
          let ground = element;
          while (read(getComputedStyle(ground).backgroundColor)[3] < 255) ground = ground.parentElement;
          return [read(ink), read(getComputedStyle(ground).backgroundColor)];
        }"""
    )
    channels = np.array(colours)[:, :3] / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (high + 0.05) / (low + 0.05)


def test_nothing_is_cut_off_at_any_width(bare, card):
    for width in bare.at_widths(320, 700, 1600):
        for second in (NOTES, png("a very long name of a picture that never seems to end.png", BLUE)):
            drop(pane(card, "one"), png("a.png", RED), second)
            expect(pane(card, "two")).to_contain_text(second[0])
            expect(card.locator(".sc-badge")).not_to_have_text("Reading")
            assert bare.page.evaluate("document.documentElement.scrollWidth") <= width
            assert card.locator(".sc-reason .sc-modes").evaluate("e => e.scrollWidth <= e.clientWidth")
            cut = "e => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1"
            assert not any(stage.evaluate(cut) for stage in card.locator(".sc-stage").all())


def test_files_on_the_card_outside_the_panes_fill_the_free_ones(card):
    drop(card.locator(".sc-result"), png("red.png", RED))
    expect(pane(card, "one")).to_contain_text("red.png")
    drop(card.locator(".sc-result"), png("blue.png", BLUE))
    expect(pane(card, "two")).to_contain_text("blue.png")


def test_of_many_files_the_first_two_are_taken_and_that_is_said(card):
    drop(pane(card, "two"), *(png(f"{number}.png", make_png(number)) for number in range(5)))
    expect(pane(card, "two")).to_contain_text("0.png")
    expect(pane(card, "one")).to_contain_text("1.png")
    expect(card.locator(".sc-detail")).to_contain_text("Took the first two of 5 files.")


def test_the_keyboard_alone_chooses_swaps_and_clears(bare, card, comparer):
    keyboard = bare.page.keyboard
    bare.page.on("filechooser", lambda _: None)  # else Playwright stops and starts taking choosers, and misses some
    for name, data in (("one", RED), ("two", BLUE)):
        pane(card, name).focus()
        with bare.page.expect_file_chooser() as chooser:
            keyboard.press("Enter")
        chooser.value.set_files({"name": f"{name}.png", "mimeType": "image/png", "buffer": data})
    expect_verdict(card, "not similar")
    card.get_by_role("button", name="Swap the pictures").focus()
    keyboard.press("Enter")
    expect(pane(card, "one")).to_contain_text("two.png")
    expect_verdict(card, "not similar")
    expect_seen(pane(card, "one"))
    pane(card, "one").focus()
    keyboard.press("Delete")
    expect(pane(card, "one")).to_contain_text("Drop a picture here")
    expect_verdict(card, "")
    card.get_by_role("button", name="Clear the second picture").click()
    expect(pane(card, "two")).to_contain_text("Drop a picture here")
    assert [comparer.state[name]["status"] for name in ("one", "two")] == ["empty", "empty"]


def test_every_control_is_reached_by_tab_and_named(bare, card):
    drop(pane(card, "one"), png("a.png", RED), png("b.png", BLUE))
    expect_verdict(card, "not similar")
    expect(card.locator(".sc-history")).to_be_visible()
    bare.page.evaluate(
        "() => { const start = document.createElement('button'); document.body.prepend(start); start.focus(); }"
    )
    names = []
    for _ in range(8):
        bare.page.keyboard.press("Tab")
        names.append(bare.page.evaluate("document.activeElement.getAttribute('aria-label')?.split(':')[0]"))
    pictures = [
        [f"{nth} picture", f"Replace the {nth.lower()} picture", f"Clear the {nth.lower()} picture"]
        for nth in ("First", "Second")
    ]
    assert names == [*pictures[0], "Swap the pictures", *pictures[1], "Threshold"]


def test_the_same_file_can_be_chosen_again_after_clearing(bare, card):
    bare.page.on("filechooser", lambda _: None)  # as above
    for _ in range(2):
        with bare.page.expect_file_chooser() as chooser:
            pane(card, "one").get_by_role("button", name="Choose a file").click()
        chooser.value.set_files({"name": "red.png", "mimeType": "image/png", "buffer": RED})
        expect(pane(card, "one")).to_contain_text("red.png")
        pane(card, "one").get_by_role("button", name="Clear").click()
        expect(pane(card, "one")).to_contain_text("Drop a picture here")


def paste(page, *files) -> bool:
    """Paste into whatever has the focus; say whether the page took it."""
    make = "clipboardData => new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })"
    event = transfer(page, *files).evaluate_handle(make)
    return event.evaluate("event => !document.activeElement.dispatchEvent(event)")


def test_a_picture_is_pasted_into_the_focused_pane_only(bare, card):
    assert not paste(bare.page, png("image.png", RED))
    pane(card, "two").focus()
    assert paste(bare.page, png("image.png", RED))
    expect(pane(card, "two")).to_contain_text("image.png")
    expect(pane(card, "one")).to_contain_text("Drop a picture here")


def test_a_bad_file_is_said_in_its_own_pane_and_the_next_one_mends_it(card, comparer):
    drop(pane(card, "one"), png("red.png", RED), NOTES)
    expect(pane(card, "two")).to_contain_text("notes.txt is not a picture")
    expect(card.get_by_role("status")).to_contain_text("Second picture: notes.txt is not a picture")
    expect(pane(card, "one").locator(".sc-problem")).to_be_hidden()
    expect_verdict(card, "")
    drop(pane(card, "two"), png("empty.png", b""))
    expect(pane(card, "two")).to_contain_text("empty.png is empty (0 bytes)")
    drop(pane(card, "two"), png("crimson.png", CRIMSON))
    expect_verdict(card, "similar")
    assert comparer.error == ""


def test_a_damaged_picture_that_the_browser_would_show_is_an_error(card):
    whole = encode(make_image(1, (600, 600)), "JPEG")
    drop(pane(card, "one"), ("cut.jpg", whole[: len(whole) // 2], "image/jpeg"))
    expect(pane(card, "one")).to_contain_text("cut.jpg is damaged")
    expect(pane(card, "one").locator("img")).to_be_hidden()


def test_a_script_in_an_svg_never_runs(bare, card):
    script = b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.ran = 1'><script>window.ran = 1</script></svg>"
    drop(
        pane(card, "one"), ("evil.svg", script, "image/svg+xml"), ("<img src=x onerror='ran=1'>.png", b"x", "image/png")
    )
    expect(pane(card, "one")).to_contain_text("evil.svg is not a picture")
    expect(pane(card, "two")).to_contain_text("<img src=x onerror='ran=1'>.png is not a picture")
    assert bare.page.evaluate("window.ran") is None


def bomb() -> bytes:
    """Make a PNG of a few bytes that says that it has 30,000 by 30,000 pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_a_decompression_bomb_is_refused_by_what_it_says_of_itself(card):
    drop(pane(card, "one"), png("bomb.png", bomb()))
    expect(pane(card, "one")).to_contain_text("bomb.png is too large (Image size (900000000 pixels)")


def formats() -> dict[str, tuple[bytes, str]]:
    """Make a picture of 80 by 60 pixels in many formats."""
    image, exif = make_image(5), Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257)
    clear = image.copy()
    clear.putalpha(Image.linear_gradient("L").resize(image.size))
    frames = {"save_all": True, "append_images": [make_image(6)], "duration": 100, "loop": 0}
    return {
        "turned.jpg": (encode(image.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif), "image/jpeg"),
        "cmyk.jpg": (encode(image.convert("CMYK"), "JPEG"), "image/jpeg"),
        "deep.png": (encode(deep, "PNG"), "image/png"),
        "clear.png": (encode(clear, "PNG"), "image/png"),
        "one-bit.png": (encode(image.convert("1"), "PNG"), "image/png"),
        "moving.gif": (encode(image, "GIF", **frames), "image/gif"),
        "moving.webp": (encode(image, "WEBP", **frames), "image/webp"),
        "modern.avif": (encode(image, "AVIF"), "image/avif"),
        "old.bmp": (encode(image, "BMP"), "image/bmp"),
        "scan.tif": (encode(image, "TIFF"), "image/tiff"),
        "older.ppm": (encode(image, "PPM"), ""),
        "film.jp2": (encode(image, "JPEG2000"), "image/jp2"),
    }


def test_every_format_is_seen_and_read(card, comparer):
    for name, (data, type) in formats().items():
        drop(pane(card, "one"), (name, data, type))
        expect(pane(card, "one")).to_contain_text(name)
        expect(pane(card, "one")).to_contain_text("80 \N{MULTIPLICATION SIGN} 60")
        expect_seen(pane(card, "one"))
        sides = pane(card, "one").locator("img").evaluate("image => image.naturalWidth / image.naturalHeight")
        assert sides == pytest.approx(80 / 60), name
    assert comparer.error == ""


def test_a_format_that_the_browser_cannot_show_comes_back_as_a_preview(card):
    drop(pane(card, "one"), ("scan.tif", encode(make_image(1, (300, 400)), "TIFF"), "image/tiff"))
    expect_seen(pane(card, "one"))
    expect(pane(card, "one")).to_contain_text("400 \N{MULTIPLICATION SIGN} 300")


def test_pictures_given_in_python_are_seen_and_answered(card, comparer):
    comparer.set(RED, make_image(3))
    expect_seen(pane(card, "one"))
    expect_seen(pane(card, "two"))
    expect_verdict(card, "not similar")


def test_a_stale_answer_is_never_shown(bare, card, comparer):
    bare.model("delay()")
    drop(pane(card, "one"), png("red.png", RED), png("crimson.png", CRIMSON))
    bare.page.wait_for_function("models[0].arrivals.some((it) => it.update?.state?.answer)")
    drop(pane(card, "two"), png("blue.png", BLUE))
    bare.page.wait_for_function("models[0].arrivals.some((it) => it.update?.state?.two.name === 'blue.png')")
    shown = """() => { const shown = [];
      models[0].deliver(() => shown.push(document.querySelector(".sc-result").dataset.verdict));
      return shown; }"""
    verdicts = bare.page.evaluate(shown)
    assert len(verdicts) > 3 and "similar" not in verdicts
    expect_verdict(card, "not similar")
    expect(pane(card, "two")).to_contain_text("blue.png")


def test_two_drops_race_and_the_last_wins(card, comparer):
    slow = encode(make_image(4, (900, 900)), "PNG", compress_level=0)
    drop(pane(card, "one"), png("slow.png", slow))
    drop(pane(card, "one"), png("red.png", RED))
    drop(pane(card, "two"), png("slow.png", slow))
    drop(pane(card, "two"), png("crimson.png", CRIMSON))
    expect_verdict(card, "similar")
    card.page.wait_for_timeout(300)
    assert [comparer.state[name]["name"] for name in ("one", "two")] == ["red.png", "crimson.png"]


def test_a_copy_wins_over_a_slower_drop_that_was_begun_before(bare, card, comparer):
    drop(pane(card, "one"), png("red.png", RED))
    expect_seen(pane(card, "one"))
    bare.page.evaluate("""() => {
      const { arrayBuffer } = Blob.prototype;
      window.reading = Promise.withResolvers();
      Blob.prototype.arrayBuffer = async function () { await window.reading.promise; return arrayBuffer.call(this); };
    }""")
    drop(pane(card, "two"), png("slow.png", BLUE))
    expect(pane(card, "two")).to_contain_text("slow.png")
    pane(card, "one").locator("img").drag_to(pane(card, "two"))
    expect(pane(card, "two")).to_contain_text("red.png")
    bare.page.evaluate("reading.resolve()")
    bare.page.wait_for_timeout(200)
    assert [comparer.state[name]["name"] for name in ("one", "two")] == ["red.png", "red.png"]
    expect_verdict(card, "similar")


def test_a_large_file_goes_in_small_pieces_with_progress_and_back_pressure(bare, card, comparer):
    assert len(LARGE) > 8 * CHUNK
    sizes = []
    receive = comparer.comm.receive
    comparer.comm.receive = lambda content, buffers: (
        sizes.extend(len(buffer) for buffer in buffers if content["kind"] in ("begin", "chunk")),
        receive(content, buffers),
    )[1]
    bare.model("delay()")
    drop(pane(card, "one"), png("large.png", LARGE))
    bare.page.wait_for_function("models[0].arrivals.filter((it) => it.custom?.kind === 'received').length >= 4")
    expect(pane(card, "one").locator("progress")).to_be_visible()
    bare.page.wait_for_timeout(300)
    assert sizes == [CHUNK] * 4  # no more goes out before the kernel has said that it took these
    bare.model("deliver()")
    expect(pane(card, "one")).to_contain_text("1700 \N{MULTIPLICATION SIGN} 1700")
    assert sum(sizes) == len(LARGE) and max(sizes) == CHUNK
    expect_seen(pane(card, "one"))


def test_a_file_above_the_cap_is_refused_with_its_size(bare, card):
    handle = bare.page.evaluate_handle(
        """size => { const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(size)], "big.tif", { type: "image/tiff" }));
        return transfer; }""",
        LIMIT + 6_000_000,
    )
    pane(card, "one").dispatch_event("drop", {"dataTransfer": handle})
    expect(pane(card, "one")).to_contain_text("big.tif has 70.0 MB; at most 64 MB")


def test_a_busy_kernel_is_said_and_waited_for(bare, card):
    bare.model("beBusy()")
    drop(pane(card, "one"), png("red.png", RED), png("crimson.png", CRIMSON))
    expect(card.locator(".sc-badge")).to_have_text("Waiting for the kernel")
    expect(pane(card, "one")).to_contain_text("Waiting for the kernel")
    bare.model("beFree()")
    expect_verdict(card, "similar")


def test_a_kernel_that_is_gone_is_said_in_place_of_an_old_verdict(bare, card):
    drop(pane(card, "one"), png("red.png", RED), png("crimson.png", CRIMSON))
    expect_verdict(card, "similar")
    bare.model("gone = true")
    drop(pane(card, "two"), png("blue.png", BLUE))
    expect(card.locator(".sc-result")).to_contain_text("The kernel is gone")
    expect_verdict(card, "")
    bare.model("gone = false")
    drop(pane(card, "two"), png("blue.png", BLUE))
    expect_verdict(card, "not similar")


def test_a_kernel_that_is_gone_is_said_and_a_new_one_serves(bare, card):
    bare.model("gone = true")
    drop(pane(card, "one"), png("red.png", RED))
    expect(card.locator(".sc-result")).to_contain_text("The kernel is gone")
    expect(card.get_by_role("status")).to_contain_text("Run the cell again")
    bare.model("gone = false")
    drop(pane(card, "one"), png("red.png", RED), png("crimson.png", CRIMSON))
    expect_verdict(card, "similar")


def test_a_connection_that_ends_is_said_before_anything_is_dropped(bare, card):
    bare.model("gone = true")
    bare.model("trigger('comm_live_update')")
    expect(card.locator(".sc-result")).to_contain_text("The kernel is gone")


def test_a_comparison_that_fails_is_said_in_place(bare):
    card = bare.show(Comparer(lambda one, two: 1 / 0))
    drop(pane(card, "one"), png("red.png", RED), png("blue.png", BLUE))
    expect(card.locator(".sc-result")).to_contain_text("the comparison failed: ZeroDivisionError")


def test_a_file_that_cannot_be_read_is_said(bare, card):
    bare.page.evaluate(
        "() => { Blob.prototype.arrayBuffer = () => { return Promise.reject(new Error('a directory')); }; }"
    )
    drop(pane(card, "one"), png("holiday", RED))
    expect(pane(card, "one")).to_contain_text("holiday cannot be read (a directory)")


@pytest.mark.parametrize("where", ["body", "input"])
def test_a_near_miss_opens_no_file_and_inputs_keep_theirs(bare, card, where):
    bare.page.evaluate("document.body.append(document.createElement('input'))")
    handle = transfer(bare.page, png("red.png", RED))
    taken = """(target, dataTransfer) => ["dragover", "drop"].map((type) =>
      !target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })))"""
    target = bare.page.locator(f"{where} >> nth=-1")
    assert target.evaluate(taken, handle) == [where == "body"] * 2
    expect(pane(card, "one")).to_contain_text("Drop a picture here")


def test_a_picture_is_dragged_out_of_the_page_it_stands_in(bare, card):
    source = f"data:image/png;base64,{base64.b64encode(RED).decode()}"
    bare.page.evaluate(
        "source => { const i = new Image(); i.id = 'out'; i.src = source; document.body.prepend(i); }", source
    )
    bare.page.wait_for_function("document.querySelector('#out').naturalWidth > 0")
    bare.page.locator("#out").drag_to(pane(card, "two"))
    expect(pane(card, "two")).to_contain_text("80 \N{MULTIPLICATION SIGN} 60")
    expect_seen(pane(card, "two"))


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ({"text/uri-list": "data:image/png;base64,{png}"}, "80 \N{MULTIPLICATION SIGN} 60"),
        ({"text/html": "<a href='https://elsewhere.example/'><img src='/files/cup.png'></a>"}, "cup.png"),
        (
            {"text/html": "<img src='https://elsewhere.example/cup.png' onerror='ran = 1'>"},
            "cup.png is on another site",
        ),
    ],
)
def test_a_picture_dragged_out_of_another_tab(bare, card, types, message):
    handle = bare.page.evaluate_handle("() => new DataTransfer()")
    for type, text in types.items():
        given = text.replace("{png}", base64.b64encode(RED).decode())
        handle.evaluate("(transfer, [type, text]) => transfer.setData(type, text)", [type, given])
    pane(card, "one").dispatch_event("drop", {"dataTransfer": handle})
    expect(pane(card, "one")).to_contain_text(message)
    assert bare.page.evaluate("window.ran") is None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"{ORIGIN}/files/a%20cup.png", "a cup.png"),
        ("https://elsewhere.example/cup.png", "cup.png is on another site"),
    ],
)
def test_a_picture_dragged_out_of_a_page(bare, card, url, message):
    handle = bare.page.evaluate_handle("() => new DataTransfer()")
    handle.evaluate("(transfer, url) => transfer.setData('text/uri-list', url)", url)
    for event in ("dragover", "drop"):
        pane(card, "one").dispatch_event(event, {"dataTransfer": handle})
    expect(pane(card, "one")).to_contain_text(message)


def test_text_that_is_dropped_is_left_to_the_page(bare, card):
    handle = bare.page.evaluate_handle("() => new DataTransfer()")
    handle.evaluate("transfer => transfer.setData('text/plain', 'hello')")
    pane(card, "one").dispatch_event("drop", {"dataTransfer": handle})
    expect(pane(card, "one")).to_contain_text("There is no picture in what was given")


def test_several_comparers_keep_apart(bare):
    cards = [bare.show(Comparer(compare)) for _ in range(3)]
    drop(pane(cards[1], "one"), png("red.png", RED), png("crimson.png", CRIMSON))
    expect_verdict(cards[1], "similar")
    pane(cards[2], "two").focus()
    paste(bare.page, png("image.png", BLUE))
    expect(pane(cards[2], "two")).to_contain_text("image.png")
    expect(cards[0]).to_contain_text("Do these show the same thing?")
    expect(pane(cards[1], "two")).to_contain_text("crimson.png")


def test_fifty_drops_keep_memory_flat_and_a_removed_view_keeps_nothing(bare, card):
    bare.count_urls()
    held = []
    for number in range(25):
        drop(pane(card, "one"), png(f"{number}.png", make_png(number, (320, 320))), png(f"{number}b.png", RED))
        if number in (4, 24):
            expect(pane(card, "one")).to_contain_text(f"{number}.png")
            expect_verdict(card, "not similar")
            expect_seen(pane(card, "one"))
            held.append(heap(bare.page))
    assert held[1] - held[0] < 1e6, held  # the forty pictures in between have 6 MB
    assert bare.page.evaluate("urls.size") <= 2 + 2 * 50  # the previews, and small pictures for the history
    bare.model("remove()")
    expect(card).to_have_count(0)
    assert bare.page.evaluate("urls.size") == 0
    assert bare.page.evaluate("models[0].handlers.length") == 0
    drop_on_body = """() => { const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["x"], "x.png"));
      return document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true })); }"""
    assert bare.page.evaluate(drop_on_body) is True


def heap(page: Page) -> float:
    """Collect the page's garbage; return the bytes of JavaScript that are left."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize")


def test_the_words_never_contradict_the_numbers(bare):
    for score, threshold, probability, words in (
        (0.596, 0.604, 0.5, "Score 0.596, below the threshold 0.604."),
        (0.5, 0.5, 0.5, "Score 0.50, at the threshold 0.50."),
        (1.0, 0.0, 0.9999, "Over 99% probable"),
        (0.0, 1.0, 0.0, "Under 1% probable"),
        (0.7, 0.5, None, "Score 0.70, above the threshold 0.50."),
    ):
        check_words(bare, words, score, threshold, probability)


def check_words(bare, words: str, score: float, threshold: float, probability: float | None) -> None:
    verdict = "similar" if score >= threshold else "not similar"
    answer = {"score": score, "threshold": threshold, "verdict": verdict, "probability": probability}
    card = bare.show(Comparer(lambda one, two: answer))
    drop(pane(card, "one"), png("red.png", RED), png("blue.png", BLUE))
    expect_verdict(card, verdict)
    expect(card).to_contain_text(words)
    expect(card.locator(".sc-chance")).to_be_visible(visible=probability is not None)
    scale = card.locator(".sc-track").bounding_box()
    for label in card.locator(".sc-mark span, .sc-tick span").all():
        box = label.bounding_box()
        assert scale["x"] - 1 <= box["x"] and box["x"] + box["width"] <= scale["x"] + scale["width"] + 1


def test_a_page_opened_anew_shows_what_the_kernel_holds(bare, comparer):
    comparer.set(RED, CRIMSON)
    card = bare.show(comparer)
    expect_verdict(card, "similar")
    expect_seen(pane(card, "one"))
    expect(card.get_by_role("status")).to_have_text(re.compile("^Similar"))


def test_an_upload_that_its_view_left_is_said(bare, comparer):
    comparer.comm = None
    file = {"pane": "one", "id": "x", "name": "a.png", "size": CHUNK + 5}
    comparer._receive(None, {"kind": "begin", "files": [file]}, [memoryview(bytes(CHUNK))])
    card = bare.show(comparer)
    expect(pane(card, "one")).to_contain_text("if none comes, give it again")


def answer_in_full(one: bytes, two: bytes) -> dict:
    """Answer as a verifier does, with all that it knows."""
    sure = {one, two} != {BLUE, RED}
    more = {"probability_low": 0.05, "probability_high": 0.97, "sure": sure, "same": 37, "of": 40}
    return (
        compare(one, two) | more | {"remarks": ["The first picture is blank: almost one colour."] if one == two else []}
    )


def explain(one: bytes, two: bytes) -> SimpleNamespace:
    """Let patch p of the first picture match patch 3 - p of the second, on a grid of two by two."""
    matches = np.fliplr(np.diag([4.0, 3.0, 2.0, 1.0])) - 0.25
    maps = {f"{kind}_{side}": matches.sum(axis=1) for kind in ("alike", "apart") for side in ("one", "two")}
    return SimpleNamespace(method="exact", grid=(2, 2), matches=matches, lines=((0, 3), (1, 2)), **maps)


@pytest.fixture
def full(bare) -> Locator:
    found = [{"same": True, "score": 0.2, "one": RED, "two": RED}]
    background = {"genuine": [0.0, 0.2, 0.8], "impostor": [0.7, 0.3, 0.0], "band": [0.4, 0.7], "prevalence": 0.5}
    given = {"explain": explain, "neighbours": lambda score: found, "background": {**background, "pictures": True}}
    card = bare.show(Comparer(answer_in_full, **given))
    drop(pane(card, "one"), png("red.png", RED), png("crimson.png", CRIMSON))
    expect_verdict(card, "similar")
    return card


def lit(pane: Locator) -> list[float]:
    """Read how much of each patch's picture is seen, 0 to 1, in the order of the patches."""
    return pane.locator(".sc-heat").evaluate(
        """canvas => [[1, 1], [3, 1], [1, 3], [3, 3]].map(([x, y]) => 1 - canvas.getContext("2d")
          .getImageData(canvas.width * x / 4, canvas.height * y / 4, 1, 1).data[3] / 255)"""
    )


def test_a_patch_that_is_pointed_at_lights_its_match_without_a_trip_to_python(bare, full):
    expect(full.get_by_role("radio", name="Alike")).to_be_checked()
    assert np.argsort(lit(pane(full, "one"))).tolist()[::-1] == [0, 1, 2, 3]
    assert full.locator(".sc-line").count() == 2
    bare.model("beBusy()")
    for patch, (x, y) in enumerate([(0.3, 0.3), (0.7, 0.3), (0.3, 0.7), (0.7, 0.7)]):
        stage = pane(full, "one").locator(".sc-stage").bounding_box()
        bare.page.mouse.move(stage["x"] + x * stage["width"], stage["y"] + y * stage["height"])
        assert np.argmax(lit(pane(full, "two"))) == 3 - patch
        expect(full.locator(".sc-words")).to_contain_text(f"+{3.75 - patch:.2f} of it with its best match")
    bare.page.mouse.move(2, 2)
    assert full.locator(".sc-line").count() == 2
    full.get_by_text("Pictures", exact=True).click()
    expect(pane(full, "one").locator(".sc-heat")).to_be_hidden()
    bare.model("beFree()")


def test_patches_are_walked_through_with_the_arrow_keys(bare, full):
    expect(full.get_by_role("radio", name="Alike")).to_be_checked()
    pane(full, "two").focus()
    for key, patch in (("ArrowDown", 3), ("ArrowRight", 2), ("ArrowDown", 0), ("ArrowDown", 0)):
        bare.page.keyboard.press(key)
        assert np.argmax(lit(pane(full, "one"))) == patch
    expect(full.get_by_role("status")).to_contain_text("This patch adds")
    bare.page.keyboard.press("Escape")
    assert full.locator(".sc-line").count() == 2


def test_what_validation_says_of_such_pairs_and_what_speaks_against_it(full):
    expect(full).to_contain_text("95% interval: 5% to 97%")
    expect(full).to_contain_text("Of the 40 validation pairs that scored most like this, 37 showed the same thing.")
    full.get_by_role("button", name="Show some").click()
    expect(full.locator(".sc-pairs img")).to_have_count(2)
    assert full.locator(".sc-genuine i").count() == 3
    drop(pane(full, "two"), png("red.png", RED))
    expect(full.locator(".sc-remarks")).to_have_text("The first picture is blank: almost one colour.")
    expect(full.get_by_role("status")).to_contain_text("almost one colour")
    drop(pane(full, "two"), png("blue.png", BLUE))
    expect(full.locator(".sc-badge")).to_have_text("Not similar, but not sure")


def test_the_threshold_is_tried_in_place_and_put_back(bare, full):
    slider = full.get_by_role("slider", name="Threshold")
    slider.fill("0.95")
    expect_verdict(full, "not similar")
    expect(full.locator(".sc-detail")).to_have_text("Score 0.93, below the threshold 0.95.")
    drop(pane(full, "two"), png("red.png", RED))
    expect(pane(full, "two")).to_contain_text("red.png")
    expect_verdict(full, "not similar")
    full.get_by_role("button", name="Back to the saved threshold 0.620").click()
    expect_verdict(full, "similar")


def test_what_was_compared_is_kept_with_small_pictures_and_saved_as_csv(bare, full, tmp_path):
    expect_seen(pane(full, "two"))  # one that is replaced before it was seen is not made small
    drop(pane(full, "two"), png("=blue.png", BLUE))
    expect_verdict(full, "not similar")
    full.get_by_role("button", name="Swap the pictures").click()
    full.locator(".sc-history summary").click()
    expect(full.locator(".sc-rows li")).to_have_count(2)
    expect(full.locator(".sc-rows img")).to_have_count(4)
    with bare.page.expect_download() as download:
        full.get_by_role("button", name="Save as CSV").click()
    download.value.save_as(tmp_path / "history.csv")
    with (tmp_path / "history.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["one"], row["two"], row["verdict"]) for row in rows] == [
        ("red.png", "crimson.png", "similar"), ("'=blue.png", "red.png", "not similar"),
    ]  # fmt: skip


def test_a_picture_is_dragged_from_one_pane_to_the_other(full):
    pane(full, "one").locator("img").drag_to(pane(full, "two"))
    expect(pane(full, "two")).to_contain_text("red.png")
    expect_verdict(full, "similar")


def test_a_photo_is_taken_with_the_camera(bare, full):
    bare.page.context.grant_permissions(["camera"])
    full.get_by_role("button", name="Clear the first picture").click()
    full.get_by_role("button", name="take a photo").first.click()
    bare.page.wait_for_function("document.querySelector('video').videoWidth > 0")
    size = bare.page.evaluate(
        "(({ videoWidth, videoHeight }) => [videoWidth, videoHeight])(document.querySelector('video'))"
    )
    expect(pane(full, "one").get_by_role("button", name="Take the photo")).to_be_focused()
    bare.page.keyboard.press("Enter")
    expect(pane(full, "one")).to_contain_text(f"{size[0]} \N{MULTIPLICATION SIGN} {size[1]}")
    expect_seen(pane(full, "one"))
    assert bare.page.evaluate("document.querySelector('video').srcObject") is None


@pytest.mark.parametrize("end", ["drop", "clear", "escape", "remove", "again"])
def test_no_camera_is_left_on(bare, card, end):
    bare.page.context.grant_permissions(["camera"])
    bare.page.evaluate("""() => {
      window.streams = [];
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      const wait = (slow) => new Promise((resolve) => setTimeout(resolve, slow ? 300 : 0));
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        window.streams.push(stream);
        await wait(window.slow);
        return stream;
      };
    }""")
    start = pane(card, "one").get_by_role("button", name="take a photo")
    running = "streams.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === 'live').length"
    for slow in (False, True):  # ended while it runs, and before it has begun
        bare.page.evaluate("slow => { window.slow = slow; window.streams.length = 0; }", slow)
        start.click()
        if slow:
            bare.page.wait_for_function("streams.length === 1")
        else:
            bare.page.wait_for_function("document.querySelector('video').videoWidth > 0")
            assert bare.page.evaluate(running) == 1
        if end == "drop":
            drop(pane(card, "one"), png("red.png", RED))
            expect(pane(card, "one")).to_contain_text("red.png")
        elif end == "escape":
            pane(card, "one").locator("video").evaluate(
                "video => video.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))"
            )
        elif end == "again":
            start.evaluate("button => button.click()")
            bare.page.wait_for_function("streams.length === 2")
            bare.page.wait_for_timeout(400)
            assert bare.page.evaluate(running) == 1
        if end in ("clear", "drop", "again"):
            pane(card, "one").locator("[aria-label^=Clear]").evaluate("button => button.click()")
        if end == "remove":
            bare.model("remove()")
        bare.page.wait_for_function(f"streams.length > 0 && {running} === 0")
        bare.page.wait_for_timeout(400)
        assert bare.page.evaluate(running) == 0
        if end == "remove":
            break


def test_a_camera_that_is_not_granted_is_said(bare, card):
    bare.page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('denied')); }")
    pane(card, "one").get_by_role("button", name="take a photo").click()
    expect(pane(card, "one")).to_contain_text("The camera cannot be used (denied); allow it in the browser")
