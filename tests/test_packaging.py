"""The descriptions of one environment agree: pyproject.toml, requirements.lock, environment.yml, and what the code imports.

- The lock satisfies every requirement, on every supported Python, with hashes and without an address.
- environment.yml names the same packages with the same ranges, in specs that conda reads.
- Everything that is imported is declared, and the other way round (deptry).
"""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import rattler
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_utils.cli import parser

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ["3.11", "3.12", "3.13"]
CONDA_NAMES = {
    "huggingface-hub": "huggingface_hub",
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
    "jupyter-client": "jupyter_client",
}
NOT_ON_CONDA = {"mirt"}  # pip brings it with `-e .`


@cache
def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def dependencies() -> dict[str, Requirement]:
    return {canonicalize_name(r.name): r for r in map(Requirement, pyproject()["project"]["dependencies"])}


def groups() -> dict[str, Requirement]:
    listed = [line for group in pyproject()["dependency-groups"].values() for line in group]
    return {canonicalize_name(r.name): r for r in map(Requirement, listed)}


@cache
def lock_entries() -> list[tuple[Requirement, list[str]]]:
    """Each locked requirement with its hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    split = [line.split("--hash=") for line in text.splitlines()]
    return [(Requirement(head.strip()), [part.strip() for part in hashes]) for head, *hashes in split]


def locked(python: str, **platform: str) -> dict[str, str]:
    """Name to version of what the lock installs there."""
    place = default_environment() | {"python_version": python, "python_full_version": f"{python}.0"} | platform
    chosen = [r for r, _ in lock_entries() if r.marker is None or r.marker.evaluate(place)]
    names = [canonicalize_name(r.name) for r in chosen]
    assert len(names) == len(set(names)), "the lock chooses two versions of a package"
    return {name: str(r.specifier).removeprefix("==") for name, r in zip(names, chosen, strict=True)}


# --- the lock


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_the_lock_satisfies_every_requirement(python, system):
    versions = locked(python, sys_platform=system)
    wanted = dependencies() | groups()
    unmet = [str(r) for name, r in wanted.items() if not r.specifier.contains(versions.get(name, "0"))]
    assert not unmet, f"run `make lock`; not satisfied: {unmet}"


def test_every_locked_package_is_one_version_with_hashes():
    for requirement, hashes in lock_entries():
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert requirement.url is None, requirement
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), requirement


def test_the_lock_holds_no_address_and_no_path():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|(?m:^\s*--(?!hash=)|^-)", text)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_has_the_pins_of_the_gpu_image(python):
    pins = {r.name: str(r.specifier) for r in map(Requirement, pyproject()["tool"]["uv"]["constraint-dependencies"])}
    assert {"torch", "torchvision", "transformers"} <= pins.keys()
    assert {name: f"=={locked(python)[name]}" for name in pins} == pins


def test_the_lock_can_build_the_editable_install_offline():
    backend = Requirement(pyproject()["build-system"]["requires"][0])
    assert all(backend.specifier.contains(locked(python)[backend.name]) for python in PYTHONS)


# --- environment.yml


def conda() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def conda_specs() -> dict[str, str]:
    """Name to version range, its bounds in alphabetical order, as conda's own parser reads them."""
    specs = [rattler.MatchSpec(line) for line in conda()["dependencies"] if isinstance(line, str)]
    return {spec.name.normalized: ",".join(sorted(str(spec.version or "").split(","))) for spec in specs}


def test_environment_yml_has_the_ranges_of_pyproject():
    specs = conda_specs()
    assert specs.pop("python") == f"{PYTHONS[0]}.*"
    assert specs.pop("pip") in ("", "None")
    backend = Requirement(pyproject()["build-system"]["requires"][0])
    assert specs.pop(backend.name) == str(backend.specifier)
    wanted = {name: str(r.specifier) for name, r in dependencies().items() if name not in NOT_ON_CONDA}
    assert specs == {CONDA_NAMES.get(name, name): ranges for name, ranges in wanted.items()}


def test_environment_yml_ends_on_the_course_itself():
    assert conda()["channels"] == ["conda-forge", "nodefaults"]
    assert conda()["dependencies"][-1] == {"pip": ["-e ."]}


# --- the package


# All of `course` and the notebooks need only what everybody installs; what is run here may need the groups too.
EVERYBODY = ["course_utils", "course_tools", "solutions", "bank"]
HERE = ["benchmarks", "data", "docs", "tests", "--ignore", "DEP002,DEP004"]


def deptry(folder: Path, *arguments: str) -> str:
    """What deptry complains about, "" if nothing."""
    command = [sys.executable, "-m", "deptry", "--no-ansi", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [EVERYBODY, HERE], ids=["everybody", "here"])
def test_what_is_imported_is_declared_and_what_is_declared_is_imported(arguments):
    assert not deptry(ROOT, *arguments)


def test_an_undeclared_import_and_an_unused_requirement_are_found(tmp_path):
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(declared.replace('    "torch>=', '    "sqlalchemy>=2",\n    "torch>='))
    for folder in EVERYBODY:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.ipynb", "__pycache__"))
    for name in ("zstandard", "docutils", "six"):
        (tmp_path / "course_utils" / f"needs_{name}.py").write_text(f"import {name}\n")
    said = deptry(tmp_path, *EVERYBODY)
    assert "'zstandard' imported but declared as a dev dependency" in said
    assert "'docutils' imported but declared as a dev dependency" in said
    assert "'six' imported but it is a transitive dependency" in said
    assert "'sqlalchemy' defined as a dependency but not used" in said
    assert "Found 4 dependency issues" in said


def test_the_installed_course_is_this_checkout():
    import course_utils

    assert Path(course_utils.__file__).parent == ROOT / "course_utils"
    assert importlib.metadata.version("learning-at-scale") == course_utils.__version__


def test_the_course_command_is_installed():
    command = Path(sys.executable).with_name("course")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("course ")


def test_the_licences_of_code_and_of_content_are_there_and_everything_names_both():
    code, content = ((ROOT / name).read_text(encoding="utf-8") for name in ("LICENSE", "LICENSE-content"))
    assert code.startswith("MIT License") and "Learning at Scale contributors" in code
    assert content.startswith("Creative Commons Attribution 4.0 International")
    assert pyproject()["project"]["license"] == "MIT AND CC-BY-4.0"
    assert set(pyproject()["project"]["license-files"]) == {"LICENSE", "LICENSE-content"}


# --- where else it runs


def test_binder_installs_environment_yml_once_the_course_is_there():
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    recipe = done.stdout + done.stderr
    assert done.returncode == 0, recipe[-2000:]
    assert f"conda environment for python={PYTHONS[0]}" in recipe
    assert 0 < recipe.index("COPY --chown=0:0 src/ ${REPO_DIR}/") < recipe.index('--file "environment.yml"')


def test_the_dev_container_sets_itself_up():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    assert container["image"].rpartition(":")[2] in PYTHONS
    make, target = container["postCreateCommand"].split()
    assert make == "make"
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    interpreter = container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter == "${containerWorkspaceFolder}/.venv/bin/python"


@pytest.mark.parametrize("path", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.stem)
def test_issue_templates_are_forms_that_github_reads(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem == "config":
        assert form["blank_issues_enabled"] is True
        return
    assert form.keys() == {"name", "description", "labels", "body"}
    for field in form["body"]:
        assert field["type"] in ("input", "textarea")
        assert field["id"].isidentifier() and field["attributes"]["label"]


def test_the_workflow_calls_targets_that_exist():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    here = [job for name, job in jobs.items() if name != "elsewhere"]
    runs = [step["run"] for job in here for step in job["steps"] if "run" in step]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert jobs.keys() == {"push", "elsewhere", "nightly", "gpu"}
    assert {words[1] for words in map(str.split, runs) if words[0] == "make"} <= targets
    assert [run for run in runs if not run.startswith(("make", "sudo sysctl"))] == ["bash .ci/run"]
    pythons = jobs["push"]["strategy"]["matrix"]["python"]
    assert set(pythons) <= set(PYTHONS)


def test_what_runs_on_other_systems_exists():
    steps = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]["elsewhere"][
        "steps"
    ]
    runs = [step["run"].split() for step in steps if "run" in step]
    verbs = [line[1:] for line in runs if line[0] == "course"]
    assert [parser().parse_args(verb).verb for verb in verbs] == ["doctor", "run"]
    (tests,) = [line for line in runs if line[:3] == ["python", "-m", "pytest"]]
    named = [word for word in tests if word.startswith("tests/")]
    assert named and all((ROOT / path).exists() for path in named)


def test_the_citation_agrees_with_the_package():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = pyproject()["project"]
    assert {"cff-version", "message", "title", "authors"} <= cited.keys(), "what the format asks for"
    assert (cited["version"], " AND ".join(cited["license"])) == (project["version"], project["license"])
    assert project["description"].startswith(cited["title"].replace(": the", ", the"))
