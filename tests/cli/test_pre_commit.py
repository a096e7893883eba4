"""The hook for pre-commit, run by pre-commit itself on a scratch repository."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from commands import REQUIRE_ALL, program

pytestmark = pytest.mark.external

ROOT = Path(__file__).parent.parent.parent
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
ENDPOINT = '{"ChannelType": "EMAIL", "Address": "ada@example.com"}\n'


def pre_commit(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run pre-commit with `pe` on its path."""
    here = str(Path(sys.executable).parent)
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": f"{here}:{os.environ['PATH']}", "PRE_COMMIT_COLOR": "never"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository with two endpoints of one id, and with JSON that is no endpoint."""
    (tmp_path / "endpoints").mkdir()
    (tmp_path / "endpoints" / "ada.json").write_text(ENDPOINT, encoding="utf-8")
    (tmp_path / "endpoints" / "Ada.yaml").write_text("OptOut: NONE\n", encoding="utf-8")
    (tmp_path / "package.json").write_text('{"name": "something else"}', encoding="utf-8")
    subprocess.run([program("git"), "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    return tmp_path


def test_the_manifest_is_valid() -> None:
    """pre-commit accepts the manifest."""
    ended = pre_commit("validate-manifest", str(MANIFEST), cwd=ROOT)
    assert ended.returncode == 0, ended.stdout


def test_the_hook_checks_the_files_together(repository: Path) -> None:
    """The hook's entry gets the chosen files in one run: what they do to each other is found."""
    (hook,) = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    local = {**hook, "language": "system", "files": "^(endpoints/|--)"}
    config = {"repos": [{"repo": "local", "hooks": [local]}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    ended = pre_commit("run", "--all-files", cwd=repository)
    assert ended.returncode == 1
    assert "PE301" in ended.stdout
    assert "package.json" not in ended.stdout
    (repository / "endpoints" / "Ada.yaml").unlink()
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    ended = pre_commit("run", "--all-files", cwd=repository)
    assert ended.returncode == 0, ended.stdout
    (repository / "--report=text=made.json").write_text('{"OptOut": "none"}', encoding="utf-8")
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    ended = pre_commit("run", "--all-files", cwd=repository)
    assert ended.returncode == 1
    assert "PE103" in ended.stdout
    assert not (repository / "made.json").exists()


@pytest.mark.skipif(not REQUIRE_ALL, reason="builds an environment: only with PE_REQUIRE_ALL")
def test_the_hook_installs_itself(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """pre-commit builds the hook's environment from the checkout, once, and runs it."""
    checkout = tmp_path_factory.mktemp("checkout") / "pe"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(checkout)], check=True)
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=checkout, encoding="utf-8")
    hook = {"repo": str(checkout), "rev": head.strip(), "hooks": [{"id": "pe-validate"}]}
    config = yaml.safe_dump({"repos": [hook]})
    (repository / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
    command = ["run", "pe-validate", "--files", "endpoints/Ada.yaml"]
    ended = pre_commit(*command, cwd=repository)
    assert ended.returncode == 0, ended.stdout
    ended = pre_commit(*command, "package.json", cwd=repository)
    assert ended.returncode == 1
    assert "PE101" in ended.stdout
