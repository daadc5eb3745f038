"""nbgrader's exchange on a hub: what the instructor releases, collects and gives back. Where its folders come from: deploy/jupyterhub/boxes.py."""
