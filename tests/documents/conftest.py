"""A git repository to search."""

from pathlib import Path

import pytest
from file_trees import git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make an empty git repository."""
    git(tmp_path, "init", "--quiet")
    return tmp_path
