"""The report of an examination as one HTML file: what was found in a dataset, with pictures."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from siamese_nb.dataset import Dataset
from siamese_nb.doctor.findings import SEVERITIES, Finding
from siamese_nb.page import picture, text, write_report
from siamese_nb.tables import Table, counts_table

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
        _summary(findings),
        counts_table(dataset)._repr_html_(),
        f"<details><summary>Couples in each category</summary>{categories._repr_html_()}</details>",
        *(_section(dataset, finding) for finding in findings),
    ]
    write_report(file, title, body)


def _summary(findings: Sequence[Finding]) -> str:
    """Say at the top how bad it is, with a link to each finding."""
    if not findings:
        return "<p>Nothing is wrong with it.</p>"
    counted = Counter(finding.severity for finding in findings)
    said = ", ".join(f"{n} {severity}{'s' * (n > 1)}" for severity in SEVERITIES if (n := counted[severity]))
    links = ", ".join(f'<a href="#{text(f.kind)}">{text(f.kind.replace("_", " "))}</a>' for f in findings)
    return f"<p>{said}: {links}.</p>"


def _section(dataset: Dataset, finding: Finding) -> str:
    shown, rest = finding.groups[:_SHOWN], finding.groups[_SHOWN:]
    groups = "".join(
        f'<div class="group">{"".join(picture(dataset.root / path, path) for path in group[:_IN_A_GROUP])}</div>'
        for group in shown
    )
    names = "".join(f"<li>{text(', '.join(group))}</li>" for group in rest)
    more = f"<details><summary>{len(rest):,} more</summary><ul>{names}</ul></details>" if rest else ""
    heading = f"<b>{finding.severity}</b> {text(finding.kind.replace('_', ' '))}: {finding.count:,}"
    return (
        f'<section class="{finding.severity}" id="{text(finding.kind)}"><h2>{heading}</h2>'
        f'<p>{_sentence(finding.what)}</p><p class="why">{_sentence(finding.why)} {_sentence(finding.remedy)}</p>'
        f'<div class="groups">{groups}</div>{more}</section>'
    )


def _sentence(words: str) -> str:
    return text(words[:1].upper() + words[1:] + ".")
