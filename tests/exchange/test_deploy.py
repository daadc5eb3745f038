"""The configurations for other places are read by what reads them there, as far as it is in the registries."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from traitlets import import_item
from traitlets.config import Config, PyFileConfigLoader

from tests.exchange.world import DEPLOY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="JupyterHub is not for Windows")


def test_every_setting_is_one_of_jupyterhub_or_of_batchspawner():
    import batchspawner
    from jupyterhub import app, auth, spawner

    known = {kind.__name__: kind.class_trait_names(config=True) for kind in (app.JupyterHub, batchspawner.SlurmSpawner)}
    known["Spawner"] = spawner.Spawner.class_trait_names(config=True)
    known["Authenticator"] = known["LocalAuthenticator"] = auth.LocalAuthenticator.class_trait_names(config=True)
    config = PyFileConfigLoader("slurm_config.py", str(DEPLOY)).load_config()  # which loads jupyterhub_config.py too
    assert [f"{kind}.{name}" for kind in config for name in config[kind] if name not in known[kind]] == []
    assert config.JupyterHub.spawner_class == "batchspawner.SlurmSpawner"


def test_batchspawner_writes_its_job_from_the_settings():
    import batchspawner

    config = PyFileConfigLoader("slurm_config.py", str(DEPLOY)).load_config()
    spawner = batchspawner.SlurmSpawner(config=config)
    spawner.user = SimpleNamespace(name="ada")
    spawner.req_homedir, spawner.req_keepvars = "/", "PATH"
    script = asyncio.run(spawner._get_batch_script(**spawner.get_req_subvars()))
    for line in ("--partition=teaching", "--mem=4G", "--time=4:00:00", "--cpus-per-task=2"):
        assert line in script


VALUES = yaml.safe_load((DEPLOY / "kubernetes.yaml").read_text())


def test_a_pod_has_its_student_s_boxes_and_no_others():
    """Named by the id that the course knows, as submissions are."""
    mounts = VALUES["singleuser"]["storage"]["extraVolumeMounts"]
    assert len(mounts) == 3
    for mount in mounts:
        own = mount["subPath"].endswith("/{unescaped_username}")
        assert own or (mount["subPath"].endswith("/outbound") and mount["readOnly"])


def test_the_boxes_of_a_pod_are_made_whatever_the_student_is_called(tmp_path):
    (made,) = VALUES["singleuser"]["initContainers"]
    script = [part.replace("chown 1000:1000", "ls") for part in made["command"][:-1]]
    name = "an'n; touch hacked"
    subprocess.run([*script, made["command"][-1].format(unescaped_username=name)], cwd=tmp_path, check=True)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")} == {
        "outbound",
        "inbound",
        "feedback",
        f"inbound/{name}",
        f"feedback/{name}",
    }


def test_the_instructor_s_pod_has_the_whole_exchange():
    c = Config()
    exec(VALUES["hub"]["extraConfig"]["instructor"], {"c": c})
    for name, mounts in (("ada", 4), ("instructor", 2)):
        spawner = SimpleNamespace(user=SimpleNamespace(name=name), volume_mounts=[{"name": "home"}])
        spawner.volume_mounts += VALUES["singleuser"]["storage"]["extraVolumeMounts"]
        c.KubeSpawner.pre_spawn_hook(spawner)
        assert len(spawner.volume_mounts) == mounts


def test_a_hub_on_kubernetes_takes_its_login_from_the_values(monkeypatch):
    from ltiauthenticator.lti13.validator import LTI13LaunchValidator

    monkeypatch.syspath_prepend(str(DEPLOY))
    said = VALUES["hub"]["config"]
    login = import_item(said["JupyterHub"]["authenticator_class"])(config=Config(said))
    for kind in ("Authenticator", "LTI13Authenticator", "LTILogin"):
        for name, value in said[kind].items():
            assert login.has_trait(name) and getattr(login, name) == (set(value) if name == "client_id" else value)
    assert LTI13LaunchValidator(config=Config(said)).time_leeway == 60


if "COURSE_Z2JH" in os.environ:  # a folder of the chart: `helm pull jupyterhub/jupyterhub --untar`

    def test_the_chart_s_schema_takes_the_values():
        import jsonschema

        chart = Path(os.environ["COURSE_Z2JH"])
        (schema,) = chart.glob("values.schema.*")
        defaults = yaml.safe_load((chart / "values.yaml").read_text())
        values = merged(defaults, VALUES)
        values["hub"]["extraFiles"]["lti_login"]["stringData"] = (DEPLOY / "lti_login.py").read_text()  # --set-file
        jsonschema.validate(values, yaml.safe_load(schema.read_text()))


def merged(defaults: object, ours: object) -> object:
    """As helm does: objects are merged, all else is replaced."""
    if not (isinstance(defaults, dict) and isinstance(ours, dict)):
        return ours
    return defaults | {name: merged(defaults.get(name), value) for name, value in ours.items()}
