"""The version of this project, as in pyproject.toml: on the operator's page and in every backup."""

VERSION = "0.1.0"
