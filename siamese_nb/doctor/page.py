"""The report of an examination as one HTML file: what was found in a dataset, with pictures."""

from collections.abc import Sequence
from pathlib import Path

from siamese_nb.dataset import Dataset
from siamese_nb.doctor.findings import Finding
from siamese_nb.page import picture, text, write_report
from siamese_nb.report import Table, counts_table

_SHOWN = 24  # occurrences of a finding that are shown with pictures; the others are named
_IN_A_GROUP = 6  # pictures of one occurrence


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
        counts_table(dataset)._repr_html_(),
        f"<details><summary>Couples in each category</summary>{categories._repr_html_()}</details>",
        *(_section(dataset, finding) for finding in findings),
        "" if findings else "<p>Nothing is wrong with it.</p>",
    ]
    write_report(file, title, body)


def _section(dataset: Dataset, finding: Finding) -> str:
    shown, rest = finding.groups[:_SHOWN], finding.groups[_SHOWN:]
    groups = "".join(
        f'<div class="group">{"".join(picture(dataset.root / path, path) for path in group[:_IN_A_GROUP])}</div>'
        for group in shown
    )
    names = "".join(f"<li>{text(', '.join(group))}</li>" for group in rest)
    more = f"<details><summary>{len(rest):,} more</summary><ul>{names}</ul></details>" if rest else ""
    return (
        f'<section class="{finding.severity}"><h2><b>{finding.severity}</b> {text(finding.kind.replace("_", " "))}: '
        f"{finding.count:,}</h2><p>{_sentence(finding.what)}</p>"
        f'<p class="why">{_sentence(finding.why)} {_sentence(finding.remedy)}</p>'
        f'<div class="groups">{groups}</div>{more}</section>'
    )


def _sentence(words: str) -> str:
    return text(words[:1].upper() + words[1:] + ".")
