"""Notebooks and checks in other languages: catalogues of their texts, notebooks made from them, and what is out of date."""
