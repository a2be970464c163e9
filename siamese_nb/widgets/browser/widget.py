"""The pair browser: look at genuine, impostor and suspect pairs, and say what is wrong with them."""

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.pairs import Pairs
from siamese_nb.review import add_verdict, in_force, read_review, undo_verdict
from siamese_nb.suspects import Suspect
from siamese_nb.thumbnails import encode_pairs
from siamese_nb.widgets.browser.browsed import GROUPS, BrowsedPairs
from siamese_nb.widgets.joined import join_scripts, join_styles
from siamese_nb.widgets.trouble import tell_why_not

ON_A_PAGE = 12


class PairBrowser(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's types are not read
    """Page through pairs of pictures; verdicts go to `review.csv` beside them, and the next scan honours them.

    The pictures themselves are never touched.

    Parameters
    ----------
    dataset : Dataset
    pairs : Pairs
        Rows of the dataset, as `whole(dataset, bank.digests).draw(rng)` gives them.
    suspects : sequence of Suspect, optional
        Pairs whose label may be wrong, the most suspicious first; with any, they are shown first.

    Attributes
    ----------
    error : str
        The message that is shown, or "".

    Raises
    ------
    InputError
        If there are no pairs, or one is not of the dataset.
    """

    _esm = join_scripts(
        "shared/pictures.js", *(f"browser/{script}.js" for script in ("stage", "judging", "page", "view"))
    )
    _css = join_styles("browser/browser.css")

    # All that the browser draws, in one snapshot: a verdict never stands beside another pair.
    state = traitlets.Dict().tag(sync=True)

    error = traitlets.Unicode("")

    def __init__(self, dataset: Dataset, pairs: Pairs, suspects: Sequence[Suspect] = (), **kwargs: Any) -> None:
        self._changing = threading.RLock()  # messages may come in on two threads: beside a running cell, and after it
        self._pairs = BrowsedPairs.from_pairs(dataset, pairs, suspects)
        super().__init__(**kwargs)
        first = next(group for group in ("suspect", *GROUPS) if len(self._pairs.find(group, "")))
        self._show(first, "", 0)
        self.on_msg(self._receive)

    def _receive(self, _: object, message: dict[str, Any], __: list[memoryview]) -> None:
        with self._changing:
            self._answer_or_say(message)

    def _answer_or_say(self, message: dict[str, Any]) -> None:
        try:
            self._answer(message)
        except InputError as error:
            self._publish(id=message.get("id", ""), message=str(error))
        except (Exception, KeyboardInterrupt) as error:
            self._publish(id=message.get("id", ""), message=f"the browser failed: {tell_why_not(error)}")
            raise

    def _answer(self, message: dict[str, Any]) -> None:
        root, state = self._pairs.dataset.root, self.state
        match message["kind"]:
            case "show":
                self._show(message["group"], message["category"], message["page"], message["id"])
                return
            case "pictures":
                self._send_pictures(message["indices"], message["size"])
                return
            case "verdict":
                add_verdict(root, *self._pairs.paths(message["index"]), message["verdict"])
            case "undo":
                undo_verdict(root)
        self._show(state["group"], state["category"], state["page"], message["id"])

    def _show(self, group: str, category: str, page: int, id: str = "") -> None:
        found = self._pairs.find(group, category)
        pages = max(-(-len(found) // ON_A_PAGE), 1)
        page = min(max(page, 0), pages - 1)
        shown = found[page * ON_A_PAGE : (page + 1) * ON_A_PAGE].tolist()
        verdicts = read_review(self._pairs.dataset.root)
        known = {verdict.pictures: verdict.verdict for verdict in in_force(verdicts)}
        last = verdicts[-1] if verdicts else None
        self._publish(
            id=id,
            group=group,
            category=category,
            page=page,
            pages=pages,
            first=page * ON_A_PAGE,
            total=len(found),
            counts={name: len(self._pairs.find(name, category)) for name in GROUPS},
            categories=self._categories(),
            pairs=[self._describe(index, known) for index in shown],
            verdicts=len(known),
            last=None if last is None else {"verdict": last.verdict, "pictures": [last.path_one, last.path_two]},
            message="",
        )

    def _describe(self, index: int, known: dict[frozenset[str], str]) -> dict[str, Any]:
        one, two = self._pairs.paths(index)
        alone = next((known[frozenset({path})] for path in (one, two) if frozenset({path}) in known), "")
        about = {"words": self._pairs.words[index], "note": self._pairs.notes[index]}
        return {"index": index, "paths": [one, two], "verdict": known.get(frozenset({one, two}), alone), **about}

    def _categories(self) -> list[str]:
        dataset = self._pairs.dataset
        used = Counter(dataset.category[self._pairs.one].tolist() + dataset.category[self._pairs.two].tolist())
        return [name for number, name in enumerate(dataset.categories) if number in used]

    def _publish(self, **changes: Any) -> None:
        self.error = changes["message"]
        self.state = {**self.state, **changes}

    def _send_pictures(self, indices: list[int], size: str) -> None:
        root = self._pairs.dataset.root

        def pictures(index: int) -> tuple[Path, Path]:
            one, two = self._pairs.paths(index)
            return root / one, root / two

        pairs, buffers = encode_pairs(pictures, indices, size, self.log)
        self.send({"kind": "pictures", "size": size, "pairs": pairs}, buffers)
