import os
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.store import Store, open_for_reading
from pinpoint_endpoints.local.store_schema import STORE_VERSION

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a path for a store that does not exist yet."""
    return tmp_path / "folder" / "store.db"


def put(store: Store, endpoint_id: str) -> None:
    """Store an e-mail endpoint."""
    LocalPinpoint(store).update_endpoint("app", endpoint_id, request=EMAIL, request_id="r")


def get(store: Store, endpoint_id: str) -> str:
    """Read an endpoint's id."""
    return str(LocalPinpoint(store).get_endpoint("app", endpoint_id)["Id"])


def change(path: Path, statement: str) -> None:
    """Run SQL on a store as another program would."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statement)


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_and_its_new_folder_are_the_owners(path: Path) -> None:
    """A new folder has mode 0700; the store and the files beside it have 0600."""
    old_mask = os.umask(0)
    try:
        with Store(path) as store:
            put(store, "e")
            files = list(path.parent.iterdir())
            assert {mode(file) for file in files} == {0o600}
    finally:
        os.umask(old_mask)
    assert len(files) == 3
    assert mode(path.parent) == 0o700


def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    """The mode of a folder that was there already is not changed."""
    tmp_path.chmod(0o755)
    Store(tmp_path / "store.db").close()
    assert mode(tmp_path) == 0o755


def test_a_store_is_durable(path: Path) -> None:
    """A file store writes ahead (WAL) and syncs every commit (FULL)."""
    with Store(path) as store, store.reading() as rows:
        execute = rows.execute
        assert execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert execute("PRAGMA synchronous").fetchone() == (2,)
        assert execute("PRAGMA busy_timeout").fetchone() == (30000,)


def test_an_endpoint_outlives_its_store_object(path: Path) -> None:
    """What was stored in a file is there when it is opened again."""
    with Store(path) as store:
        put(store, "e")
    with Store(path) as store:
        assert get(store, "e") == "e"


def test_two_stores_on_one_file_see_each_other(path: Path) -> None:
    """An update through one store is seen by another one that was open before."""
    with Store(path) as first, Store(path) as second:
        put(first, "e")
        assert get(second, "e") == "e"
        put(second, "f")
        assert get(first, "f") == "f"


def test_a_failed_transaction_leaves_nothing(path: Path) -> None:
    """An exception inside a transaction undoes it, and the store works on."""

    def fail(store: Store) -> None:
        with store.writing() as rows:
            rows.add_application({"Id": "app"})
            raise RuntimeError("half-way")

    with Store(path) as store:
        with pytest.raises(RuntimeError, match="half-way"):
            fail(store)
        with store.reading() as rows:
            assert rows.application("app") is None
        put(store, "e")


def test_threads_share_a_store(path: Path) -> None:
    """Updates of several threads at once are all stored."""

    def put_many(name: str) -> None:
        for number in range(20):
            put(store, f"{name}{number}")

    with Store(path) as store:
        with ThreadPoolExecutor() as threads:
            list(threads.map(put_many, "abcd"))
        assert all(get(store, f"{name}{number}") for name in "abcd" for number in range(20))


def test_a_memory_store_is_shared_by_threads_too() -> None:
    """A store in memory is one store for all threads."""
    with Store(None) as store:
        thread = threading.Thread(target=put, args=(store, "e"))
        thread.start()
        thread.join()
        assert get(store, "e") == "e"


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"ChannelType: EMAIL\n" * 10,
        b"y" * 511,
        b"y" * 512,
        b"\0" * 5000,
        b"SQLite format 3\0" + b"\xff" * 5000,
    ],
    ids=["one byte", "text", "511", "512", "zeros", "broken header"],
)
def test_a_file_that_is_no_store_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    """A file of another kind is refused by name, and not one byte of it changes."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(CannotRun, match=r"notes\.txt is damaged, or is not a store"):
        Store(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_database_of_another_program_is_named_and_kept(tmp_path: Path) -> None:
    """An SQLite file that the local Pinpoint did not make is refused and left alone."""
    path = tmp_path / "theirs.db"
    change(path, "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1);")
    content = path.read_bytes()
    with pytest.raises(CannotRun, match=r"theirs\.db is a database of another program"):
        Store(path)
    assert path.read_bytes() == content


def test_an_empty_database_with_a_version_is_another_programs(tmp_path: Path) -> None:
    """A database without tables but with a version is not taken for a new store."""
    path = tmp_path / "theirs.db"
    change(path, "PRAGMA user_version = 7")
    with pytest.raises(CannotRun, match="another program"):
        Store(path)


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    """An empty file holds nothing to lose: it is as good as none."""
    path = tmp_path / "store.db"
    path.touch()
    with Store(path) as store:
        put(store, "e")
        assert get(store, "e") == "e"


def test_a_newer_store_is_refused_and_kept(path: Path) -> None:
    """A store of a later version is refused with both versions, and stays as it is."""
    Store(path).close()
    change(path, f"PRAGMA user_version = {STORE_VERSION + 1}")
    content = path.read_bytes()
    with pytest.raises(CannotRun, match=f"has version {STORE_VERSION + 1}") as caught:
        Store(path)
    assert str(path) in caught.value.message
    assert "upgrade" in caught.value.hint
    assert path.read_bytes() == content


def test_a_store_cut_short_is_damaged(path: Path) -> None:
    """A truncated store is named as damaged when its lost part is wanted."""
    with Store(path) as store:
        for number in range(100):
            put(store, f"e{number}")
    content = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(content)

    def use() -> None:
        with Store(path) as store:
            for number in range(100):
                get(store, f"e{number}")

    with pytest.raises(CannotRun, match=r"store\.db is damaged"):
        use()
    assert path.read_bytes() == content


def test_an_endpoint_that_is_no_json_is_damage(path: Path) -> None:
    """A stored endpoint that cannot be read names the file, not its content."""
    with Store(path) as store:
        put(store, "e")
    change(path, "UPDATE endpoints SET response = 'ann@example.com'")
    with Store(path) as store, pytest.raises(CannotRun, match="damaged") as caught:
        get(store, "e")
    assert "ann" not in caught.value.message


@pytest.mark.skipif(os.name != "posix", reason="elsewhere an open file cannot be replaced")
@pytest.mark.parametrize("replaced", [True, False])
@pytest.mark.parametrize("ending", ["", "-wal", "-shm"])
def test_a_file_that_is_gone_is_noticed(path: Path, ending: str, *, replaced: bool) -> None:
    """A store whose file was deleted or replaced neither reads nor writes: it would be lost."""
    file = Path(f"{path}{ending}")
    with Store(path) as store:
        put(store, "e")
        file.rename(f"{file}.old")
        if replaced:
            file.touch()
        with pytest.raises(CannotRun, match="was deleted, moved or replaced"):
            put(store, "f")
        with pytest.raises(CannotRun, match="was deleted, moved or replaced"):
            get(store, "e")
        file.unlink(missing_ok=True)
        Path(f"{file}.old").rename(file)
        put(store, "f")
        assert (get(store, "e"), get(store, "f")) == ("e", "f")


@pytest.mark.parametrize(
    "change_it",
    [
        "PRAGMA user_version = -1",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = 1",
        "DROP TABLE endpoints",
        "DROP TABLE applications",
        "UPDATE applications SET attribute_names = '[]'",
        "UPDATE applications SET response = '[]'",
        "UPDATE applications SET response = '{}'",
        "UPDATE endpoints SET response = '{}'",
    ],
)
def test_what_another_program_did_to_a_store_is_damage(path: Path, change_it: str) -> None:
    """It is reported as damage, whatever SQLite or Python call it."""
    with Store(path) as store:
        put(store, "e")
    change(path, change_it)
    with pytest.raises(CannotRun, match="is damaged, or is not a store"), Store(path) as store:
        put(store, "e")


def test_hints_name_all_files_of_a_store(tmp_path: Path) -> None:
    """Whoever moves the file alone would lose what was stored last."""
    path = tmp_path / "store"
    path.write_bytes(b"no database at all, but long enough to be one" * 20)
    with pytest.raises(CannotRun) as caught:
        Store(path)
    assert "its -wal and -shm files" in caught.value.hint


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # that it has threads
def test_a_forked_process_keeps_its_hands_off(path: Path) -> None:
    """A child that uses its parent's store could damage the file; a store of its own it may use."""
    with Store(path) as store:
        put(store, "parent")
        child = os.fork()
        if child == 0:
            try:
                put(store, "wrong")
            except CannotRun as error:
                with Store(path) as own:
                    put(own, "child")
                os._exit(0 if "forked" in error.message else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert (get(store, "parent"), get(store, "child")) == ("parent", "child")


def test_who_only_reads_makes_no_store(path: Path) -> None:
    """To a reader, a store that is not there is empty, and is not made; another one is read."""
    with open_for_reading(path) as store, store.reading() as rows:
        assert rows.count_applications() == 0
    assert not path.parent.exists()
    with Store(path) as store:
        put(store, "e")
    with open_for_reading(path) as store:
        assert get(store, "e") == "e"


def test_a_path_under_a_file_cannot_be_made(tmp_path: Path) -> None:
    """A folder that cannot be created is CannotRun with the path in it."""
    (tmp_path / "file").touch()
    with pytest.raises(
        CannotRun, match=r"file/store\.db cannot be created: .*file is not a folder"
    ):
        Store(tmp_path / "file" / "store.db")


def test_a_directory_is_no_store(tmp_path: Path) -> None:
    """A directory in the file's place is CannotRun with the path in it."""
    with pytest.raises(CannotRun, match=f"{tmp_path} cannot be used: it is not a file"):
        Store(tmp_path)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no POSIX users")
@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_the_user_may_not_write_cannot_be_used(tmp_path: Path, kind: str) -> None:
    """A folder or a store without permission is CannotRun, for users other than root."""
    path = tmp_path / "store.db"
    if kind == "file":
        Store(path).close()
        path.chmod(0o444)
    tmp_path.chmod(0o555)
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from pinpoint_endpoints.errors import CannotRun\n"
        "from pinpoint_endpoints.local.pinpoint import LocalPinpoint\n"
        "from pinpoint_endpoints.local.store import Store\n"
        "import pinpoint_endpoints.checks.schema_check, orjson, sqlite3\n"
        "path = Path(os.path.basename(sys.argv[1]))\n"
        "os.chdir(os.path.dirname(sys.argv[1]))\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try:\n"
        "    pinpoint = LocalPinpoint(Store(path))\n"
        "    pinpoint.add_application('app', 'app')\n"
        "except CannotRun as error: print(error.message)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        cwd=Path(__file__).parents[2],
    )
    tmp_path.chmod(0o755)
    assert run.stderr == ""
    assert run.stdout.startswith(f"the store {path} cannot be ")
    assert "Permission denied" in run.stdout or "may not write" in run.stdout


def test_a_lock_held_too_long_is_named(path: Path) -> None:
    """When another process keeps the file locked, the waiting ends with its name."""
    locked = pytest.raises(CannotRun, match="another process has kept it locked")
    with (
        Store(path) as first,
        Store(path, lock_seconds=0) as second,
        first.writing(),
        locked,
    ):
        put(second, "e")


def test_a_forgotten_store_closes_itself(path: Path) -> None:
    """A store without references leaves no open file behind."""
    store = Store(path)
    put(store, "e")
    assert path.with_name("store.db-wal").exists()
    del store
    assert not path.with_name("store.db-wal").exists()


def test_a_deleted_application_leaves_no_row_behind(path: Path) -> None:
    """DeleteApp removes the endpoints' rows too: they are personal data."""
    with Store(path) as store:
        put(store, "e")
        LocalPinpoint(store).delete_app("app")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM endpoints").fetchone() == (0,)


def test_text_is_only_ever_a_value(path: Path) -> None:
    """Ids that look like SQL are ids."""
    with Store(path) as store:
        put(store, "e")
        put(store, "'; DROP TABLE endpoints; --")
        assert get(store, "'; DROP TABLE endpoints; --").startswith("';")
        assert get(store, "e") == "e"


def test_the_switch_to_wal_waits_for_others(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a file that is not yet in WAL mode waits until no other process uses it."""
    Store(path).close()
    change(path, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("time.sleep", lambda _: other.rollback())
        with Store(path, lock_seconds=1) as store:
            put(store, "e")
        assert not other.in_transaction
