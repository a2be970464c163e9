"""The report of an examination as one HTML file that can be sent to a colleague: pictures, styles and all inside."""

import base64
import html
from collections.abc import Sequence
from pathlib import Path

from siamese_nb.dataset import Dataset
from siamese_nb.doctor.findings import Finding
from siamese_nb.images import ImageError
from siamese_nb.report import Table, counts_table
from siamese_nb.storage import whole_file
from siamese_nb.widgets.thumbnails import make_thumbnail

_SHOWN = 24  # occurrences of a finding that are shown with pictures; the others are named
_IN_A_GROUP = 6  # pictures of one occurrence
_STYLE = """
:root { color-scheme: light dark; --line: #d0d7de; --soft: #57606a; --error: #b3261e; --warning: #8a5a00;
  --note: #0b62a8 }
@media (prefers-color-scheme: dark) {
  :root { --line: #444c56; --soft: #9da7b3; --error: #ff8a80; --warning: #f0b849; --note: #79b8ff }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
  background: Canvas; color: CanvasText }
h2 { margin: 2rem 0 .2rem; font-size: 1.1rem } h2 b { font-weight: 600; text-transform: uppercase; font-size: .8rem }
.error b { color: var(--error) } .warning b { color: var(--warning) } .note b { color: var(--note) }
p { margin: .2rem 0 } .why, figcaption, details { color: var(--soft) }
table { border-collapse: collapse } td, th { border-bottom: 1px solid var(--line); padding: .15rem .8rem }
td, th { text-align: right }
td:first-child, th:first-child { text-align: left }
.groups { display: flex; flex-wrap: wrap; gap: .8rem; margin: .6rem 0 }
.group { display: flex; flex-wrap: wrap; gap: .4rem; border: 1px solid var(--line); border-radius: 6px; padding: .4rem }
figure { margin: 0; width: 9rem } img { max-width: 100%; max-height: 9rem; display: block; margin: auto }
figcaption { font-size: .75rem; overflow-wrap: anywhere }
"""


def write_page(file: Path, dataset: Dataset, findings: Sequence[Finding]) -> None:
    """Write the report of an examination, whole or not at all.

    Parameters
    ----------
    file : Path
    dataset : Dataset
    findings : sequence of Finding
        As `examine` gave them.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    title = f"{dataset.root.resolve().name}: what is there and what is wrong with it"
    couples = dataset.couples_per_category()
    categories = Table(("category", "couples"), tuple((name, f"{count:,}") for name, count in couples.items()))
    body = [
        f"<h1>{_text(title)}</h1>",
        counts_table(dataset)._repr_html_(),
        f"<details><summary>Couples in each category</summary>{categories._repr_html_()}</details>",
        *(_section(dataset, finding) for finding in findings),
        "" if findings else "<p>Nothing is wrong with it.</p>",
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{_text(title)}</title>'
    page = (
        f'<!doctype html><html lang="en"><head>{head}<style>{_STYLE}</style></head><body>{"".join(body)}</body></html>'
    )
    with whole_file(file) as temporary:
        temporary.write_text(page, "utf-8", "replace")


def _section(dataset: Dataset, finding: Finding) -> str:
    shown, rest = finding.groups[:_SHOWN], finding.groups[_SHOWN:]
    groups = "".join(
        f'<div class="group">{"".join(_figure(dataset, path) for path in group[:_IN_A_GROUP])}</div>' for group in shown
    )
    names = "".join(f"<li>{_text(', '.join(group))}</li>" for group in rest)
    more = f"<details><summary>{len(rest):,} more</summary><ul>{names}</ul></details>" if rest else ""
    return (
        f'<section class="{finding.severity}"><h2><b>{finding.severity}</b> {_text(finding.kind.replace("_", " "))}: '
        f"{finding.count:,}</h2><p>{_sentence(finding.what)}</p>"
        f'<p class="why">{_sentence(finding.why)} {_sentence(finding.remedy)}</p>'
        f'<div class="groups">{groups}</div>{more}</section>'
    )


def _figure(dataset: Dataset, path: str) -> str:
    """Show a picture with its name, or the name alone of what cannot be shown."""
    try:
        content = base64.b64encode(make_thumbnail(dataset.root / path, "small")).decode()
        image = f'<img alt="" src="data:image/jpeg;base64,{content}">'
    except ImageError:
        image = ""
    return f"<figure>{image}<figcaption>{_text(path)}</figcaption></figure>"


def _sentence(words: str) -> str:
    return _text(words[:1].upper() + words[1:] + ".")


def _text(words: str) -> str:
    return html.escape(words)
