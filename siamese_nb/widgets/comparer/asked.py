"""Send what a view asks for beyond the state: previews, small pictures, the reason, pairs like the one shown."""

from collections.abc import Callable, Sequence
from typing import Any

from siamese_nb.errors import InputError
from siamese_nb.widgets.comparer.couple import Couple
from siamese_nb.widgets.comparer.history import History
from siamese_nb.widgets.comparer.packing import Packed, Shares, pack_neighbours, pack_reason
from siamese_nb.widgets.trouble import tell_why_not

Explain = Callable[[Any, Any], Shares]
Neighbours = Callable[[float], Sequence[dict[str, Any]]]


class Asked:
    """Answer questions about the couple that is shown; of another one they come too late.

    Parameters
    ----------
    couple : Couple
    past : History
    explain, neighbours : callable, optional
        As the comparer takes them.
    send : callable
        Sends a message with buffers to the browser.
    """

    KINDS = ("preview", "thumbnails", "reason", "neighbours")

    def __init__(
        self,
        couple: Couple,
        past: History,
        explain: Explain | None,
        neighbours: Neighbours | None,
        send: Callable[..., None],
    ) -> None:
        self._couple, self._past, self._send = couple, past, send
        self._explain, self._neighbours = explain, neighbours

    @property
    def explains(self) -> bool:
        """Whether there can be a reason."""
        return self._explain is not None

    def receive(self, message: dict[str, Any]) -> None:
        """Send what a message asks for."""
        match message["kind"]:
            case "preview":
                panes = self._couple.panes.values()
                shown = [pane for pane in panes if pane.id == message["id"] and pane.status == "picture"]
                if shown:
                    self._send({"kind": "preview", "id": message["id"]}, [shown[0].preview()])
            case "thumbnails":
                found = {id: jpeg for id in message["ids"] if (jpeg := self._past.thumbnail(id))}
                self._send({"kind": "thumbnails", "ids": [*found]}, [*found.values()])
            case "reason":
                self._send_packed(message, self._pack_reason)
            case "neighbours":
                self._send_packed(message, self._pack_neighbours)

    def _send_packed(self, message: dict[str, Any], pack: Callable[[dict[str, Any]], Packed]) -> None:
        ids, answer = self._couple.ids, self._couple.answer
        if message["ids"] != ids or answer is None:
            return
        about = {"kind": message["kind"], "ids": ids}
        try:
            described, buffers = pack(answer)
        except (Exception, KeyboardInterrupt) as error:  # the answer stands without it; the user is told why
            self._send({**about, "message": tell_why_not(error)})
            raise
        self._send({**about, **described}, buffers)

    def _pack_reason(self, _: dict[str, Any]) -> Packed:
        if self._explain is None:
            raise InputError("this comparer was given no function that explains")
        return pack_reason(self._explain(*self._couple.contents))

    def _pack_neighbours(self, answer: dict[str, Any]) -> Packed:
        return pack_neighbours(self._neighbours(answer["score"]) if self._neighbours else [])
