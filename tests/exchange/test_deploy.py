"""The configurations for other places are read by what reads them there, as far as it is in the registries."""

import asyncio
import sys
from types import SimpleNamespace

import pytest
import yaml
from traitlets.config import PyFileConfigLoader

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


def test_a_pod_has_its_student_s_boxes_and_no_others():
    values = yaml.safe_load((DEPLOY / "kubernetes.yaml").read_text())
    mounts = values["singleuser"]["storage"]["extraVolumeMounts"]
    assert len(mounts) == 3
    for mount in mounts:
        own = mount["subPath"].endswith("/{username}")
        assert own or (mount["subPath"].endswith("/outbound") and mount["readOnly"])
    (made,) = values["singleuser"]["initContainers"]
    assert all(f"'{name}/{{username}}'" in made["command"][-1] for name in ("inbound", "feedback"))
