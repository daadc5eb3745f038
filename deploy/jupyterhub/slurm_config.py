"""The same hub with each server as a job of Slurm: jupyterhub --config slurm_config.py, beside jupyterhub_config.py.

Homes and the exchange are on a file system that all nodes share and on which the hub's root may change owners (NFS: no_root_squash for
the hub). Nothing else differs: boxes are made before a job is submitted, and the exchange is files.
"""

from pathlib import Path

import batchspawner  # noqa: F401  its import adds what a job tells the hub

load_subconfig(str(Path(__file__).with_name("jupyterhub_config.py")))  # noqa: F821

c = get_config()  # noqa: F821

c.JupyterHub.spawner_class = "batchspawner.SlurmSpawner"
c.JupyterHub.hub_ip = "0.0.0.0"  # nodes must reach it: keep the network between them private
c.SlurmSpawner.batchspawner_singleuser_cmd = "/opt/course-env/bin/batchspawner-singleuser"
c.SlurmSpawner.req_partition = "teaching"
c.SlurmSpawner.req_nprocs = "2"
c.SlurmSpawner.req_memory = "4G"
c.SlurmSpawner.req_runtime = "4:00:00"
c.Spawner.start_timeout = 600  # seconds in the queue
