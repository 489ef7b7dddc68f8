"""The notebook that needs no folder beside it: it runs on its own, and is graded as the other one."""

import json
import shutil

import nbformat
import pytest

from autograder.course.model import BRINGING, assignment
from autograder.course.rubric import rubric
from autograder.intake.submissions import read_submission, released_stubs
from autograder.release.alone import alone, unpack
from autograder.release.build import SOLUTIONS, SOURCE, TEXT, first_difference
from autograder.release.notebook import executed, instructor_notebook
from tests.kit import RELEASE

ALONE = RELEASE / assignment().lone_notebook


def with_code(notebook, wanted):
    """The released notebook with the instructor's code in the cells of these tasks."""
    made = nbformat.read(notebook, as_version=4)
    solved = {cell.id: cell.source for cell in instructor_notebook(SOURCE / TEXT, SOLUTIONS).cells}
    for cell in made.cells:
        if cell.id in {f"{task}-code" for task in wanted}:
            cell.source = solved[cell.id]
    return made


def run_in(folder, notebook):
    """What the cells print in this folder, by id."""
    folder.mkdir(exist_ok=True)
    cells = [cell for cell in executed(notebook, folder) if cell.cell_type == "code"]
    errors = [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert not errors, errors
    return {cell.id: "".join(output.get("text", "") for output in cell.outputs) for cell in cells}


@pytest.mark.whole
def test_in_an_empty_folder_it_runs_from_stub_to_full_marks(tmp_path):
    wanted = [task.id for task in rubric().tasks]
    said = run_in(tmp_path / "empty", with_code(ALONE, wanted))
    assert all("Everything here passes." in said[task] for task in wanted)
    assert not list((tmp_path / "empty").iterdir())


def test_in_an_empty_folder_a_mistake_is_named(tmp_path):
    made = with_code(ALONE, ["forward", "backward"])
    made.cells = made.cells[: [cell.id for cell in made.cells].index("backward") + 1]
    [cell] = [cell for cell in made.cells if cell.id == "backward-code"]
    cell.source = cell.source.replace("(self.a_cache[-1] - Y) / m", "(self.a_cache[-1] - Y)")
    said = run_in(tmp_path / "empty", made)
    assert "Everything here passes." in said["forward"] and "the 1/m of BP1 is missing" in " ".join(
        said["backward"].split()
    )


@pytest.mark.whole
def test_where_the_folder_is_it_works_with_that(tmp_path):
    folder = shutil.copytree(RELEASE, tmp_path / "ps18")
    path = folder / "check.py"
    path.write_text(
        path.read_text().replace(
            "def check(task: str) -> float:", "def check(task):\n    print('mine')\n\ndef other(task):"
        )
    )
    made = nbformat.read(ALONE, as_version=4)
    made.cells = made.cells[: [cell.id for cell in made.cells].index("forward") + 1]
    assert run_in(folder, made)["forward"] == "mine\n"


def handed_in(folder, **notebooks):
    folder.mkdir(parents=True)
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / f"{name.replace('_', '-')}.ipynb")
    return read_submission(folder, "s01", released_stubs())


def test_what_is_handed_in_of_it_is_what_is_handed_in_of_the_other(tmp_path):
    tasks = ["forward", "backward"]
    one = handed_in(tmp_path / "one", ps18=with_code(RELEASE / "ps18.ipynb", tasks))
    alone = with_code(ALONE, tasks)
    other = handed_in(tmp_path / "other", ps18_alone=alone)
    assert one.reason is None and other.reason is None and other.taken == ("ps18-alone.ipynb",)
    wanted = {name: json.loads(one.files[name]) if name.endswith(".json") else one.files[name] for name in one.files}
    found = {
        name: json.loads(other.files[name]) if name.endswith(".json") else other.files[name] for name in other.files
    }
    assert found == wanted
    nbformat.write(alone, tmp_path / "anything.ipynb")  # Colab's download, under a name of the student's own
    assert read_submission(tmp_path / "anything.ipynb", "s01", released_stubs()).files == other.files


@pytest.mark.parametrize("with_folder", [True, False])
def test_untouched_it_is_a_stub_beside_what_was_worked_on(tmp_path, with_folder):
    untouched = nbformat.read(ALONE, as_version=4)
    worked = with_code(RELEASE / "ps18.ipynb", ["forward"])
    both = handed_in(tmp_path / "both", ps18_alone=untouched, **({"ps18": worked} if with_folder else {}))
    if with_folder:
        assert both.reason is None and both.taken == ("ps18.ipynb",)
    else:
        assert not both.files and "Still as released" in " ".join(both.notes)


def test_what_it_brings_is_the_folder(tmp_path):
    unpack(ALONE, tmp_path / "brought")
    names = {path.relative_to(RELEASE).as_posix() for path in RELEASE.rglob("*.py") if ".github" not in path.parts}
    brought = {path.relative_to(tmp_path / "brought").as_posix() for path in (tmp_path / "brought").rglob("*.py")}
    assert brought == names
    assert all((tmp_path / "brought" / name).read_bytes() == (RELEASE / name).read_bytes() for name in names)
    text = "".join(cell.source for cell in nbformat.read(ALONE, as_version=4).cells if cell.cell_type == "markdown")
    assert "works without any other file" in text and "needs the rest" not in text
    assert "Hand in `ps18.ipynb`" in (RELEASE / "ps18.ipynb").read_text() and "Hand in" in text
    [cell] = [cell for cell in nbformat.read(ALONE, as_version=4).cells if cell.source.startswith(BRINGING)]
    assert cell.cell_type == "code" and ALONE.stat().st_size < 3 << 19


def test_another_content_makes_it_stale(tmp_path):
    folder = shutil.copytree(RELEASE, tmp_path / "ps18")
    path = folder / ALONE.name
    made = json.loads(path.read_text())
    made["cells"][0]["source"].append("\nmore")
    path.write_text(json.dumps(made))
    assert first_difference(RELEASE, folder) == "ps18-alone.ipynb differs from a fresh build"
    other = shutil.copytree(RELEASE, tmp_path / "other")
    (other / "check.py").write_text("pass\n")
    path.write_text(alone((RELEASE / "ps18.ipynb").read_text(), other))
    said = first_difference(RELEASE, folder)
    assert said == "ps18-alone.ipynb brings other files than a fresh build: check.py, line 1 differs from a fresh build"
    path.write_text("{")
    assert first_difference(RELEASE, folder) == "ps18-alone.ipynb cannot be read"
