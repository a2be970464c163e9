"""Run notebooks headless, top to bottom, with this interpreter; keep what can be seen of them without a kernel.

`python -m siamese_nb.notebooks [FILE ...]` runs those in `notebooks/`, or the ones that are named, and writes their
outputs into them, as they are committed.
"""

import base64
import io
import sys
from pathlib import Path

import nbformat
import numpy as np
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from PIL import Image
from traitlets import default

from siamese_nb.errors import InputError
from siamese_nb.storage import whole_file

_WIDGET = "application/vnd.jupyter.widget-view+json"
_NEARLY_WHITE = 247
_COLOURS = 256  # of a figure: less than half of the bytes, and hardly a difference that is seen


class ThisInterpreter(AsyncKernelManager):
    """Start kernels of the Python that runs now, whatever kernels the user has installed."""

    @default("kernel_spec_manager")  # type: ignore[untyped-decorator]  # traitlets' types are not read
    def _without_others(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[], parent=self)


def find_notebooks(folder: Path) -> list[Path]:
    """List the notebooks of a folder in the order of their names.

    Raises
    ------
    InputError
        If there is none.
    """
    found = sorted(folder.glob("*.ipynb"))
    if not found:
        raise InputError(f"there are no notebooks in {folder}; go to the folder that siamese_nb was cloned into")
    return found


def run_notebook(file: Path) -> NotebookNode:
    """Run a notebook in its own folder and return it with its outputs; the file stays as it is.

    Raises
    ------
    CellExecutionError
        If a cell fails; its message shows the cell and the error.
    """
    notebook = nbformat.read(file, as_version=4)
    runner = ExecutePreprocessor(kernel_manager_class=ThisInterpreter, timeout=None)
    runner.extra_arguments = ["--log-level=ERROR"]  # else each kernel warns that it talks to this process in plain text
    try:
        runner.preprocess(notebook, {"metadata": {"path": str(file.parent)}})
    except CellExecutionError as error:
        error.add_note(f"in {file}")
        raise
    return notebook


def write_notebook(notebook: NotebookNode, file: Path) -> None:
    """Write a notebook that was run, without what is dead or noise on a page: widgets, times, what went to stderr."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _is_kept(output)]
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    output.data["image/png"] = _shrink(output.data["image/png"])
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    with whole_file(file) as temporary:
        nbformat.write(notebook, temporary)


def _is_kept(output: NotebookNode) -> bool:
    return _WIDGET not in output.get("data", {}) and output.get("name") != "stderr"


def _shrink(png: str) -> str:
    stream = io.BytesIO()
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    colours = np.reshape(image.quantize(_COLOURS).getpalette() or [], (-1, 3))
    # Quantizing takes paper for nearly white: it would be dithered, and show as a box on a white page.
    colours[colours.min(axis=1) > _NEARLY_WHITE] = 255
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.ravel().tolist())
    image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(stream, "PNG", optimize=True)
    return base64.b64encode(stream.getvalue()).decode()


if __name__ == "__main__":
    for notebook in [Path(name) for name in sys.argv[1:]] or find_notebooks(Path("notebooks")):
        print(notebook)
        write_notebook(run_notebook(notebook), notebook)
