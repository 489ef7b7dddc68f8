"""Which of a student's files are graded, in which form of upload, and who is a student."""

from __future__ import annotations

import os
import pickle
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.intake.submissions import FILES, NOTEBOOK, BadInput, find_class, read_submission

from .handed_in import NETWORK, OTHER, STUBS, WORK, make_zip, put, read, says

# Where files are found


def test_files_at_the_top_are_taken(tmp_path):
    submission = read(put(tmp_path / "ps18", dict.fromkeys(FILES, WORK)))
    assert submission.files == dict.fromkeys(FILES, WORK)
    assert (submission.student, submission.source, submission.reason) == ("s01", "files", None)
    assert submission.taken == FILES
    assert submission.ignored == submission.notes == ()


@pytest.mark.parametrize("folder", ["backprop", "ps18/backprop", "Übung 18/my work"])
def test_files_up_to_two_folders_down_are_taken(tmp_path, folder):
    submission = read(put(tmp_path, {f"{folder}/{NETWORK}": WORK}))
    assert submission.files == {NETWORK: WORK}
    assert submission.taken == (f"{folder}/{NETWORK}",)


def test_a_file_three_folders_down_is_not_taken_and_the_reason_says_where_files_belong(tmp_path):
    submission = read(put(tmp_path, {f"a/b/c/{NETWORK}": WORK, "x": b"", "a/x": b"", "a/b/x": b""}))
    assert says(submission.reason, "No file to grade", *FILES, NOTEBOOK, "2 folders down", "a/b/c/")


@pytest.mark.parametrize(
    "path",
    [
        "a/b/c",
        "submission/ps18/ps18/backprop",
        "Users/zoe/Desktop/course/week 4/ps18/backprop",
        "1/2/3/4/5/6/7/8/9/10",
        "x/kept/a/b/c",  # a folder that does not count may lie inside
    ],
)
@pytest.mark.parametrize("silent", [False, True])
def test_a_folder_that_holds_just_one_folder_does_not_count_as_depth(tmp_path, path, silent):
    files = {f"{path}/{NETWORK}": WORK, f"{path}/activations.py": OTHER}
    if "kept" in path:
        files |= {"notes.txt": b"", "x/kept/notes.txt": b""}
    if silent:
        first = path.split("/")[0]
        files |= {".DS_Store": b"", f"{first}/.DS_Store": b"", f"{first}/__MACOSX/y": b"", "__MACOSX/z/y": b""}
    folder, zipped = put(tmp_path / "ps18", files), make_zip(tmp_path / "work.zip", files)
    for submission in (read(folder), read(zipped)):
        assert submission.files == {NETWORK: WORK, "activations.py": OTHER}
        assert submission.taken == (f"{path}/{NETWORK}", f"{path}/activations.py")


@pytest.mark.parametrize("beside", ["x", "x/y", "b/x"])
def test_a_folder_that_holds_more_counts_as_depth(tmp_path, beside):
    files = {f"a/b/c/{NETWORK}": WORK, f"{beside}.txt": b"", "a/b/x.txt": b"", "a/x.txt": b""}
    assert says(read(put(tmp_path / "ps18", files)).reason, "No file to grade", "a/b/c/")
    assert says(read(make_zip(tmp_path / "work.zip", files)).reason, "No file to grade", "a/b/c/")


def test_folders_in_folders_are_bounded(tmp_path):
    files = {"/".join("abcdefghijklmno") + f"/{NETWORK}": WORK}
    for path in (put(tmp_path / "ps18", files), make_zip(tmp_path / "work.zip", files)):
        assert says(read(path).reason, "No file to grade", "a/b/c/d/e/f/g/h/i/j/k (a folder nested too deep)")


def test_the_shallowest_file_of_a_name_wins(tmp_path):
    submission = read(put(tmp_path, {f"a/b/{NETWORK}": OTHER, "a/x": b"", f"c/{NETWORK}": WORK}))
    assert submission.files == {NETWORK: WORK}
    assert submission.ignored == (f"a/b/{NETWORK}", "a/x")


def test_each_file_is_found_by_itself(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK, "x/activations.py": OTHER}))
    assert submission.files == {NETWORK: WORK, "activations.py": OTHER}


def test_equal_files_at_one_depth_are_one_file(tmp_path):
    submission = read(put(tmp_path, {f"a/{NETWORK}": WORK, f"b/{NETWORK}": WORK.replace(b"\n", b"\r\n")}))
    assert submission.files == {NETWORK: WORK}
    assert submission.taken == (f"a/{NETWORK}",)


def test_of_different_files_at_one_depth_the_one_in_backprop_wins(tmp_path):
    submission = read(put(tmp_path, {f"a/{NETWORK}": OTHER, f"backprop/{NETWORK}": WORK}))
    assert submission.files == {NETWORK: WORK}


def test_different_files_at_one_depth_are_refused_by_name(tmp_path):
    submission = read(put(tmp_path, {f"a/{NETWORK}": OTHER, f"b/{NETWORK}": WORK}))
    assert says(submission.reason, "more than once", f"a/{NETWORK}", f"b/{NETWORK}")


def test_an_ambiguous_exercise_file_costs_only_that_file(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK, "a/exercises.py": OTHER, "b/exercises.py": WORK}))
    assert submission.files == {NETWORK: WORK}
    assert says(submission.broken["exercises.py"], "a/exercises.py", "b/exercises.py")


def test_very_many_copies_of_a_file_are_refused(tmp_path):
    submission = read(put(tmp_path, {f"{n}/{NETWORK}": WORK for n in range(50)}))
    assert says(submission.reason, NETWORK, "50 times")


def test_a_worked_on_copy_wins_over_the_released_one_at_the_same_depth(tmp_path):
    files = {f"ps18/backprop/{NETWORK}": WORK, f"ps18_original/backprop/{NETWORK}": STUBS[NETWORK]}
    assert read(put(tmp_path, files)).files == {NETWORK: WORK}


def test_other_files_are_listed_as_ignored(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK, "conftest.py": b"", "tests/numpy.py": b"", "a/b/c/d": b""}))
    assert submission.ignored == ("a/b/c/d", "conftest.py", "tests/numpy.py")


def test_the_list_of_ignored_files_is_bounded(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK} | {f"{n:03}.txt": b"" for n in range(100)}))
    assert submission.ignored == (*(f"{n:03}.txt" for n in range(20)), "... and 80 more")


@pytest.mark.parametrize(
    "litter",
    [
        "__MACOSX/._x",
        ".ipynb_checkpoints/x",
        "__pycache__/x.pyc",
        ".DS_Store",
        ".git/HEAD",
        ".pytest_cache/x",
    ],
)
def test_what_systems_leave_behind_is_passed_over_silently(tmp_path, litter):
    submission = read(put(tmp_path, {NETWORK: WORK, litter: b"", f"a/{litter}": b""}))
    assert (submission.files, submission.ignored) == ({NETWORK: WORK}, ())


@pytest.mark.parametrize("litter", ["__MACOSX", ".ipynb_checkpoints", "__pycache__"])
def test_no_file_is_taken_from_what_systems_leave_behind(tmp_path, litter):
    assert says(read(put(tmp_path, {f"{litter}/{NETWORK}": WORK})).reason, "No file to grade")


# What counts as handed in


def test_a_folder_without_files_has_a_reason(tmp_path):
    assert says(read(tmp_path).reason, "No file to grade", *FILES, NOTEBOOK, "found nothing")


def test_a_file_of_another_name_is_named_in_the_reason(tmp_path):
    submission = read(put(tmp_path, {"network.py": WORK}))
    assert says(submission.reason, "No file to grade", "network.py")


def test_the_untouched_release_can_be_graded_and_holds_no_work(tmp_path):
    submission = read(put(tmp_path / "backprop", STUBS))
    assert (submission.files, submission.reason) == ({}, None)
    assert says(submission.notes[0], "Still as released", *FILES)


@pytest.mark.parametrize(
    "edit",
    [
        lambda stub: b"\xef\xbb\xbf" + stub,
        lambda stub: stub.replace(b"\n", b"\r\n"),
        lambda stub: stub.replace(b"\n", b"\r"),
        lambda stub: stub.replace(b"\n", b"  \t\n"),
        lambda stub: stub + b"\n\n\n",
        lambda stub: stub.rstrip(b"\n"),
    ],
    ids=["byte order mark", "CRLF", "CR", "line ends", "end of file", "no last newline"],
)
def test_a_stub_that_an_editor_saved_again_is_still_the_stub(tmp_path, edit):
    assert read(put(tmp_path, {NETWORK: edit(STUBS[NETWORK])})).files == {}


def test_a_changed_stub_is_work(tmp_path):
    changed = STUBS[NETWORK].replace(b"raise", b"    raise")
    assert read(put(tmp_path, {NETWORK: changed})).files == {NETWORK: changed}


@pytest.mark.parametrize("name", ["activations.py", "exercises.py"])
def test_an_exercise_alone_can_be_graded(tmp_path, name):
    for folder in (put(tmp_path / "a", {name: WORK}), put(tmp_path / "b", STUBS | {name: WORK})):
        submission = read(folder)
        assert (submission.files, submission.reason) == ({name: WORK}, None)


def test_a_notebook_that_is_none_has_a_reason(tmp_path):
    assert says(read(put(tmp_path, STUBS | {NOTEBOOK: b"{}"})).reason, NOTEBOOK, "has no cells")


def test_files_win_over_a_notebook_and_a_note_says_so(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK, NOTEBOOK: b"{}"}))
    assert (submission.files, submission.source, submission.reason) == ({NETWORK: WORK}, "files", None)
    assert submission.notes == ("Both files and a notebook were worked on: the files are graded.",)
    assert submission.ignored == (NOTEBOOK,)


def test_the_released_notebook_counts_as_absent(tmp_path):
    submission = read(put(tmp_path, STUBS))
    assert (submission.files, submission.reason) == ({}, None)


# One file, or a zip, instead of a folder


def test_a_lone_file_of_a_changed_name_counts_as_what_it_was(tmp_path):
    assert read(put(tmp_path, {"exercises (1).py": WORK}) / "exercises (1).py").files == {"exercises.py": WORK}
    assert read(put(tmp_path, {"activations.py.txt": WORK}) / "activations.py.txt").files == {"activations.py": WORK}


@pytest.mark.parametrize("name", ["my_net.py", "-rf.py", "übung.PY", NETWORK])
def test_a_lone_python_file_counts_as_the_network(tmp_path, name):
    submission = read(put(tmp_path, {name: WORK}) / name)
    assert (submission.files, submission.taken) == ({NETWORK: WORK}, (name,))


def test_a_lone_file_keeps_a_name_that_is_expected(tmp_path):
    assert read(put(tmp_path, {"exercises.py": WORK}) / "exercises.py").files == {"exercises.py": WORK}


def test_a_lone_notebook_counts_as_the_notebook(tmp_path):
    assert says(read(put(tmp_path, {"mine.ipynb": b"{}"}) / "mine.ipynb").reason, "mine.ipynb", "has no cells")


def test_a_file_of_another_kind_is_refused(tmp_path):
    assert says(read(put(tmp_path, {"essay.pdf": b"%PDF"}) / "essay.pdf").reason, "essay.pdf", "expected a folder")


def test_a_path_that_does_not_exist_has_a_reason(tmp_path):
    assert says(read(tmp_path / "nowhere").reason, "nowhere", "No such file")


def test_a_path_that_no_system_can_open_has_a_reason():
    assert says(read(Path("a\0b")).reason, "a\\x00b")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_is_read_like_a_folder(tmp_path, compression):
    files = {f"ps18/backprop/{NETWORK}": WORK, "ps18/notes.txt": b"", "__MACOSX/x": b"", "ps18/a/b/c/d": b""}
    submission = read(make_zip(tmp_path / "upload.ZIP", files, compression=compression))
    assert submission.files == {NETWORK: WORK}
    assert submission.taken == (f"ps18/backprop/{NETWORK}",)
    assert submission.ignored == ("ps18/a/b/c/d", "ps18/notes.txt")


def test_a_folder_with_one_zip_and_no_file_is_read_as_the_zip(tmp_path):
    make_zip(tmp_path / "upload.zip", {f"ps18/{NETWORK}": WORK})
    submission = read(put(tmp_path, {"readme.txt": b""}))
    assert (submission.files, submission.taken) == ({NETWORK: WORK}, (f"upload.zip/ps18/{NETWORK}",))
    assert submission.ignored == ("readme.txt",)


def test_a_zip_beside_untouched_stubs_is_read(tmp_path):
    make_zip(tmp_path / "upload.zip", {NETWORK: WORK})
    assert read(put(tmp_path, STUBS)).files == {NETWORK: WORK}


def test_a_zip_of_other_things_beside_untouched_stubs_changes_nothing(tmp_path):
    make_zip(tmp_path / "figures.zip", {"figure.png": WORK})
    submission = read(put(tmp_path, STUBS))
    assert (submission.files, submission.reason) == ({}, None)
    assert "figures.zip" in submission.ignored


def test_a_zip_beside_a_worked_on_file_is_ignored(tmp_path):
    make_zip(tmp_path / "upload.zip", {NETWORK: OTHER})
    submission = read(put(tmp_path, {NETWORK: WORK}))
    assert (submission.files, submission.ignored) == ({NETWORK: WORK}, ("upload.zip",))


def test_of_two_zips_neither_is_guessed(tmp_path):
    make_zip(tmp_path / "a.zip", {NETWORK: WORK})
    make_zip(tmp_path / "b.zip", {NETWORK: WORK})
    assert says(read(tmp_path).reason, "No file to grade", "a.zip", "b.zip")


def test_a_zip_within_a_zip_is_not_opened(tmp_path):
    inner = make_zip(tmp_path / "inner.zip", {NETWORK: WORK}).read_bytes()
    outer = make_zip(tmp_path / "upload" / "outer.zip", {"inner.zip": inner})
    assert says(read(outer).reason, "No file to grade", "inner.zip")
    assert says(read(outer.parent).reason, "No file to grade", "inner.zip")


# A class


def test_a_class_is_each_students_folder_by_name(tmp_path):
    for student in ["s02", "s01", "-rf", "Zoë van Dijk", "s 03"]:
        put(tmp_path / student / "ps18", {NETWORK: WORK})
    found = find_class(tmp_path)
    assert list(found) == ["-rf", "Zoë van Dijk", "s 03", "s01", "s02"]
    assert all(path == tmp_path / student / "ps18" for student, path in found.items())
    for student, path in found.items():
        assert read_submission(path, student, STUBS).files == {NETWORK: WORK}


def test_stray_files_and_hidden_folders_are_no_students(tmp_path):
    put(tmp_path / "s01" / "ps18", {})
    put(tmp_path / ".git", {})
    put(tmp_path / "__MACOSX", {})
    put(tmp_path, {".DS_Store": b"", "roster.csv": b"", "timestamp.txt": b""})
    (tmp_path / "link.csv").symlink_to("roster.csv")
    os.mkfifo(tmp_path / "pipe")
    assert list(find_class(tmp_path)) == ["s01"]


@pytest.mark.parametrize("files", [{}, {NETWORK: WORK}, {"ps18.zip": b""}, {"PS18/x": b""}])
def test_a_student_without_the_assignments_folder_gets_a_reason(tmp_path, files):
    put(tmp_path / "s01", files)
    put(tmp_path / "s02" / "ps18", {NETWORK: WORK})
    submission = read(find_class(tmp_path)["s01"])
    assert says(submission.reason, "No folder ps18", "s01/ps18/", *FILES, *(f"s01/{x.split('/')[0]}" for x in files))


def test_a_students_linked_folder_is_listed_and_refused(tmp_path):
    put(tmp_path / "elsewhere" / "ps18", {NETWORK: OTHER})
    put(tmp_path / "class", {})
    (tmp_path / "class" / "s01").symlink_to("../elsewhere")
    submission = read(find_class(tmp_path / "class")["s01"])
    assert submission.files == {}
    assert says(submission.reason, "s01 is a link")


def test_a_linked_assignment_folder_is_refused(tmp_path):
    put(tmp_path / "s02" / "ps18", {NETWORK: OTHER})
    put(tmp_path / "s01", {})
    (tmp_path / "s01" / "ps18").symlink_to("../s02/ps18")
    submission = read(find_class(tmp_path)["s01"])
    assert submission.files == {}
    assert says(submission.reason, "ps18 is a link")


def test_the_class_itself_may_lie_behind_a_link(tmp_path):
    put(tmp_path / "real" / "s01" / "ps18", {NETWORK: WORK})
    (tmp_path / "submitted").symlink_to("real")
    assert read(find_class(tmp_path / "submitted")["s01"]).files == {NETWORK: WORK}


@pytest.mark.parametrize("name", ["nowhere", "file.txt", "empty", "a\0b"])
def test_a_class_that_is_no_folder_of_students_is_bad_input(tmp_path, name):
    put(tmp_path / "empty", {".gitkeep": b"", "roster.csv": b""})
    put(tmp_path, {"file.txt": b""})
    with pytest.raises(BadInput) as error:
        find_class(tmp_path / name)
    assert says(str(error.value), "<student>/ps18/") and str(error.value).isprintable()


@pytest.mark.parametrize("folder", ["s01", "s01/ps18"])
def test_one_students_folder_instead_of_the_class_is_bad_input(tmp_path, folder):
    put(tmp_path / "s01" / "ps18", {NETWORK: WORK, "tests/x.py": b""})
    with pytest.raises(BadInput, match="one student's upload"):
        find_class(tmp_path / folder)


def test_a_student_may_be_called_like_the_assignment(tmp_path):
    put(tmp_path / "ps18" / "ps18", {NETWORK: WORK})
    assert list(find_class(tmp_path)) == ["ps18"]


# What decides the grade


def test_the_hash_follows_code_and_names_but_not_places(tmp_path):
    one = read(put(tmp_path / "a", {NETWORK: WORK}))
    assert one.sha256 == read(put(tmp_path / "b", {f"backprop/{NETWORK}": WORK, "x.txt": b""})).sha256
    assert one.sha256 != read(put(tmp_path / "c", {NETWORK: OTHER})).sha256
    assert one.sha256 != read(put(tmp_path / "d", {"exercises.py": WORK})).sha256
    assert one.sha256 != read(put(tmp_path / "e", {NETWORK: WORK, "exercises.py": b""})).sha256


def test_the_hash_tells_no_submission_from_the_untouched_release(tmp_path):
    assert read(put(tmp_path / "a", {})).sha256 != read(put(tmp_path / "b", STUBS)).sha256


@given(one=st.binary(max_size=40), other=st.binary(max_size=40))
@settings(deadline=None)
def test_different_code_has_a_different_hash(one, other):
    with tempfile.TemporaryDirectory() as folder:
        first = read(put(Path(folder, "a"), {NETWORK: b"#" + one}))
        second = read(put(Path(folder, "b"), {NETWORK: b"#" + other}))
    assert (first.sha256 == second.sha256) == ((first.files, first.reason) == (second.files, second.reason))


def test_a_submission_can_travel_to_another_process(tmp_path):
    submission = read(put(tmp_path, {NETWORK: WORK, "exercises.py": b""}))
    assert pickle.loads(pickle.dumps(submission)) == submission
