"""The command line, `siamese-nb`: each command calls one function of the package. No logic of its own."""

import contextlib
import csv
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from siamese_nb.errors import InputError

app = typer.Typer(
    name="siamese-nb",
    help="Do these two pictures show the same thing?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Data = Annotated[Path, typer.Argument(help="A folder of couples or identities, or a CSV file one,two,label.")]
BundleFolder = Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle, or a folder of bundles (the newest).")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, progress on stderr.")]
Layout = Annotated[str | None, typer.Option(help="couples, identities or pairs; detected when not given.")]


@app.command()
def sample(
    data: Annotated[Path, typer.Argument(help="Where to.")] = Path("data/sample"),
    kind: Annotated[str, typer.Option(help="objects or digits.")] = "objects",
    seed: int = 0,
    as_json: Json = False,
) -> None:
    """Write the embedded sample dataset."""
    with _answer(as_json) as answer:
        from siamese_nb.sample import write_sample

        folder = write_sample(data, kind, seed)
        answer.update(data=str(folder), images=sum(1 for _ in folder.rglob("*.png")))


@app.command()
def get(
    name: Annotated[str, typer.Argument(help="omniglot, olivetti or lfw.")],
    data: Annotated[Path | None, typer.Argument(help="Where to.  [default: data/NAME]")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="Its archive, where there is no network.")] = None,
    as_json: Json = False,
) -> None:
    """Lay out a public dataset, downloaded or from a file."""
    with _answer(as_json) as answer:
        from siamese_nb.fetch import fetch_dataset

        answer["data"] = str(fetch_dataset(name, data or Path("data") / name, source))


@app.command()
def inspect(
    data: Data,
    html: Annotated[Path | None, typer.Option(help="Write a report with pictures there, as one HTML file.")] = None,
    against: Annotated[Path | None, typer.Option(help="A second dataset: name the pictures in both.")] = None,
    leg: Annotated[str | None, typer.Option(help="A pretrained leg: find wrong labels, copies in disguise.")] = None,
    weights: Annotated[str, typer.Option(help="Of that leg: imagenet or a weights file.")] = "imagenet",
    bundle: Annotated[Path | None, typer.Option(help="A trained bundle to find them by instead.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Side in pixels to train with: decode to it.")] = None,
    layout: Layout = None,
    as_json: Json = False,
) -> None:
    """Say what is in a dataset and what is wrong with it.

    Pictures are decoded to the size that `train` takes, so that it decodes nothing again.
    """
    with _answer(as_json) as answer:
        from siamese_nb.inspection import inspect_dataset

        inspection = inspect_dataset(
            data, layout, image_size=image_size, leg=leg, weights=weights, bundle=bundle, against=against
        )
        if html is not None:
            from siamese_nb.doctor.page import write_page

            write_page(html, inspection.dataset, inspection.findings)
        answer.update(inspection.report() if as_json else inspection.summary())


@app.command()
def train(
    data: Data,
    leg: Annotated[str, typer.Option(help="base_cnn, vgg16, mobilenetv2 or another of Keras.")] = "base_cnn",
    weights: Annotated[str, typer.Option(help="imagenet, none or a weights file.")] = "imagenet",
    loss: Annotated[str, typer.Option(help="focal, triplet, cosface or another.")] = "focal",
    augment: Annotated[
        str,
        typer.Option(
            help="Change pictures while a leg learns: none, affine, strokes or photo; frozen: with --set views=4."
        ),
    ] = "none",
    neg_factor: Annotated[float, typer.Option(help="Impostor pairs per genuine pair.")] = 3,
    negatives: Annotated[str, typer.Option(help="Impostors across or within categories, or mixed.")] = "mixed",
    split_by: Annotated[str, typer.Option(help="What parts must not share: identity or category.")] = "identity",
    epochs: Annotated[int | None, typer.Option(help="At most.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Side in pixels that pictures are resized to.")] = None,
    fine_tune: Annotated[bool, typer.Option("--fine-tune", help="Train a pretrained leg too.")] = False,
    distribution: Annotated[str, typer.Option(help="none, or data_parallel: all devices, see README.")] = "none",
    settings: Annotated[list[str] | None, typer.Option("--set", help="More of TrainConfig: depth=leg.")] = None,
    seed: int = 0,
    out: Annotated[Path, typer.Option(help="Where the bundle's folder goes.")] = Path("saved_model"),
    logs: Annotated[Path, typer.Option(help="Where TensorBoard's logs go.")] = Path("logs"),
    layout: Layout = None,
    as_json: Json = False,
) -> None:
    """Train a siamese network, choose its threshold, measure it, and save all of that as a bundle."""
    with _answer(as_json) as answer:
        from siamese_nb import TrainConfig, scan
        from siamese_nb import train as train_verifier
        from siamese_nb.settings import read_settings

        given = {
            "leg": leg,
            "weights": weights,
            "loss": loss,
            "augment": augment,
            "neg_factor": neg_factor,
            "negatives": negatives,
            "split_by": split_by,
            "image_size": image_size,
            "fine_tune": fine_tune,
            "seed": seed,
            "epochs": TrainConfig.epochs if epochs is None else epochs,
        }
        config = TrainConfig.from_dict(given | read_settings(settings or ()))
        verifier = train_verifier(scan(data, layout), config, out=out, logs=logs, distribution=distribution)
        answer.update(
            bundle=str(verifier.path),
            threshold=verifier.threshold,
            **{name: verifier.about[name] for name in ("validation", "test", "baselines")},
            **{name: verifier.about[name] for name in ("suspects",) if name in verifier.about},
        )


@app.command()
def evaluate(
    bundle: BundleFolder,
    data: Data,
    html: Annotated[Path | None, typer.Option(help="Write a report with pictures there, as one HTML file.")] = None,
    layout: Layout = None,
    as_json: Json = False,
) -> None:
    """Measure a bundle at its threshold, on pictures that it has not seen, with 95% intervals."""
    with _answer(as_json) as answer:
        from siamese_nb import Verifier, scan

        dataset = scan(data, layout)
        answer.update(Verifier.load(bundle).evaluate(dataset, html))


@app.command()
def score(
    bundle: BundleFolder,
    pairs: Annotated[Path, typer.Argument(help="A CSV file with the columns one,two.")],
    as_json: Json = False,
) -> None:
    """Score pairs of pictures: CSV one,two,score on stdout."""
    with _answer(as_json, silent=True) as answer:
        from siamese_nb import Verifier
        from siamese_nb.pairs_file import read_pairs

        rows = read_pairs(pairs, labels=False)
        scores = Verifier.load(bundle).score([(pairs.parent / one, pairs.parent / two) for one, two, _ in rows])
        scored = [(one, two, float(value)) for (one, two, _), value in zip(rows, scores, strict=True)]
        if as_json:
            answer["pairs"] = [dict(zip(("one", "two", "score"), row, strict=True)) for row in scored]
    if not as_json:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("one", "two", "score"))
        writer.writerows(scored)


@app.command()
def compare(bundle: BundleFolder, one: Path, two: Path, as_json: Json = False) -> None:
    """Say whether two pictures show the same thing."""
    with _answer(as_json) as answer:
        from siamese_nb import Verifier

        answer.update(Verifier.load(bundle).compare(one, two))


@app.command()
def search(
    bundle: BundleFolder,
    query: Annotated[Path, typer.Argument(help="A picture.")],
    data: Data,
    k: Annotated[int, typer.Option("-k", min=1, help="How many.")] = 10,
    as_json: Json = False,
) -> None:
    """Find the most alike pictures of a folder."""
    with _answer(as_json) as answer:
        from siamese_nb import Verifier, scan

        dataset = scan(data)
        answer["found"] = Verifier.load(bundle).search(query, dataset, k)


@app.command("app")
def serve(
    bundle: BundleFolder = Path("saved_model"),
    prevalence: Annotated[float, typer.Option(help="Share of pairs that show the same thing, in use.")] = 0.5,
    port: Annotated[int | None, typer.Option(help="A free one if none is given.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    as_json: Json = False,
) -> None:
    """Serve the comparer as a page of its own, on this machine alone."""
    with _answer(as_json) as answer:
        from siamese_nb.app import serve_app

        server = serve_app(bundle, prevalence, port)
        answer.update(url=server.url)
    if browser:
        webbrowser.open(server.url)
    server.wait()


@contextlib.contextmanager
def _answer(as_json: bool, *, silent: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the dict to fill, print it at the end, and turn bad input into one line and exit status 2.

    Whatever a library prints on the way goes to stderr, so that stdout holds the answer alone.
    """
    answer: dict[str, Any] = {}
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield answer
    except InputError as error:
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt:
        typer.echo("stopped; nothing was left half-written", err=True)
        raise typer.Exit(130) from None
    if as_json:
        from siamese_nb.storage import to_json

        typer.echo(to_json(answer))
    elif not silent:
        _print(answer)


def _print(answer: dict[str, Any], indent: str = "") -> None:
    """Print an answer for people: estimates with their intervals on one line."""
    for name, value in answer.items():
        if name.endswith(("_low", "_high")) or value is None:
            continue
        if isinstance(value, dict):
            typer.echo(f"{indent}{name}:")
            _print(value, indent + "  ")
        elif isinstance(value, list):
            typer.echo(f"{indent}{name}: {len(value)}")
            for item in value:
                typer.echo(f"{indent}  " + "  ".join(_number(part) for part in item.values()))
        else:
            low, high = answer.get(f"{name}_low"), answer.get(f"{name}_high")
            interval = f"  [{_number(low)}, {_number(high)}]" if low is not None and high is not None else ""
            typer.echo(f"{indent}{name}: {_number(value)}{interval}")


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
