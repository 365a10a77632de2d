"""Setting up: killed in the middle and run again, two at once, no space, no network, no permission."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import apt, console, lock, odoo_source, paths, process

from .conftest import sentence

HOLD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from command import lock
with lock.hold("run", "./inventory run"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(checkout):
    """A process that holds the lock of ``run``."""
    child = subprocess.Popen(
        [sys.executable, "-B", "-c", HOLD, checkout.folder / "config"], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.wait()


@pytest.fixture
def local(tmp_path, monkeypatch):
    """The package's paths, led into an empty folder."""
    root = tmp_path / "local"
    root.mkdir()
    for name in ("DOWNLOADS", "LOG", "LOCKS", "ODOO", "PYTHON", "POSTGRES", "RUN", "DATA", "CACHE"):
        monkeypatch.setattr(paths, name, root / getattr(paths, name).name)
    monkeypatch.setattr(paths, "LOCAL", root)
    monkeypatch.delenv("ODOO_HOME", raising=False)
    return root


def test_the_second_says_so_and_leaves(checkout, holder):
    outcome = checkout.run("run")
    assert outcome.returncode == 75
    text = sentence(outcome)
    assert "./inventory run" in text
    assert f"process {holder.pid}" in text


def test_a_killed_holder_leaves_no_lock(checkout, holder):
    holder.kill()
    holder.wait()
    assert checkout.run("stop").returncode == 0


def test_port_in_use_is_said_before_anything_is_made(checkout, free_port):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        outcome = checkout.run("run", "--port", free_port)
    assert outcome.returncode == 1
    assert f"Port {free_port} is in use" in sentence(outcome)
    assert not (checkout.local / "python").exists()


# A package file is a folder name for these; unpacking copies a file, slowly when SLOW is there.
FAKE_DPKG = """
[ "$1" = -x ] || exec /usr/bin/dpkg "$@"
base="$3/usr/lib/python3/dist-packages/odoo"
mkdir -p "$base/addons/web/static/lib/jquery" "$3/usr/bin"
echo "version_info = (19, 0, 0, 'final', 0, '')" > "$base/release.py"
if [ -e "$SLOW" ]; then touch "$SLOW.begun"; sleep 30; fi
touch "$base/addons/web/static/lib/jquery/jquery.js" "$3/usr/bin/odoo"
"""
FAKE_APT = """
case " $* " in
*" update "*) exit 0 ;;
*" download "*) for last; do touch "${last%%/*}_1_all.deb"; done ;;
*) exec /usr/bin/apt-get "$@" ;;
esac
"""
NO_NETWORK_APT = """
case " $* " in *indextargets*) exec /usr/bin/apt-get "$@" ;; esac
echo "E: Temporary failure resolving the archive" >&2
exit 100
"""
FAKE_CACHE = 'case " $* " in *" policy "*) echo "  Candidate: 1" ;; *) echo "Size: 1" ;; esac'


def test_killed_while_unpacking_is_redone(checkout, shim, tmp_path):
    shim("dpkg", FAKE_DPKG)
    shim("apt-get", FAKE_APT)
    path = shim("apt-cache", FAKE_CACHE)
    slow = tmp_path / "slow"
    slow.touch()
    script = "from command import odoo_source; print(odoo_source.provide().version)"
    argv = [
        sys.executable,
        "-B",
        "-c",
        f"import sys; sys.path.insert(0, {str(checkout.folder / 'config')!r}); {script}",
    ]
    environment = checkout.environment(PATH=path, SLOW=str(slow))
    child = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not Path(f"{slow}.begun").exists():
        assert time.monotonic() < deadline, child.communicate()
        time.sleep(0.05)
    child.kill()
    child.communicate()
    assert not (checkout.local / "odoo").exists(), "half a tree never stands in the place of a whole one"
    slow.unlink()
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "19.0\n", done.stderr
    assert not (checkout.local / "odoo.new").exists()


def test_a_child_dies_with_its_parent(tmp_path):
    mark = tmp_path / "pid"
    script = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    parent = f"import sys; sys.path.insert(0, {str(paths.CONFIG)!r}); from command import process; "
    parent += f"process.run([sys.executable, '-c', {script!r}], log=None)"
    child = subprocess.Popen([sys.executable, "-B", "-c", parent])
    deadline = time.monotonic() + 20
    while not (mark.exists() and mark.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    grandchild = int(mark.read_text())
    child.send_signal(signal.SIGKILL)
    child.wait()
    deadline = time.monotonic() + 5
    while process.began_at(grandchild) is not None:
        assert time.monotonic() < deadline, "the child of a killed command lives on"
        time.sleep(0.05)


def test_an_environment_without_its_mark_is_made_anew(checkout):
    (checkout.folder / "config/requirements.txt").write_text("# nothing\n", encoding="utf-8")
    script = "from command import environment; print(environment.provide())"
    argv = [
        sys.executable,
        "-B",
        "-c",
        f"import sys; sys.path.insert(0, {str(checkout.folder / 'config')!r}); {script}",
    ]
    environment = checkout.environment(PIP_NO_INDEX="1")
    first = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=120)
    python = Path(first.stdout.strip())
    assert python.is_file(), first.stderr
    (python.parents[1] / "complete").unlink()
    python.unlink()
    second = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert Path(second.stdout.strip()) == python, second.stderr
    assert python.is_file()


@pytest.mark.slow
def test_no_network_for_packages(checkout):
    outcome = checkout.run(
        "run",
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_CONFIG_FILE="/dev/null",
        PIP_NO_CACHE_DIR="1",
        PIP_RETRIES="1",
        PIP_FIND_LINKS="",
    )
    assert outcome.returncode == 1
    assert "the network could not be reached" in sentence(outcome)


def test_no_network_for_odoo(checkout, shim):
    (checkout.local).mkdir()
    (checkout.local / "python").symlink_to(paths.PYTHON.resolve())
    shim("apt-get", NO_NETWORK_APT)
    path = shim("git", 'echo "fatal: unable to access: Could not resolve host" >&2; exit 128')
    outcome = checkout.run("run", PATH=path)
    assert outcome.returncode == 1
    text = sentence(outcome)
    assert "Odoo 19 could not be fetched" in text
    assert "ODOO_HOME" in text


@pytest.mark.parametrize("kind", ["empty", "old"])
def test_odoo_home_must_hold_odoo_19(checkout, tmp_path, kind):
    home = tmp_path / "home"
    (home / "odoo").mkdir(parents=True)
    if kind == "old":
        (home / "odoo-bin").touch()
        (home / "odoo/release.py").write_text("version_info = (18, 0, 0, 'final', 0, '')\n", encoding="utf-8")
    outcome = checkout.run("run", ODOO_HOME=str(home))
    assert outcome.returncode == 1
    assert ("holds no Odoo" if kind == "empty" else "holds Odoo 18.0") in sentence(outcome)
    assert not (checkout.local / "python").exists(), "seen before anything is installed"


def test_a_nightly_or_git_folder_is_recognised(tmp_path):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "addons/web").mkdir(parents=True)
    (tmp_path / "odoo-bin").touch()
    (tmp_path / "odoo/release.py").write_text("version_info = (19, 0, 0, FINAL, 0, '')\n", encoding="utf-8")
    tree = odoo_source.recognise(tmp_path, "test")
    assert (tree.version, tree.launcher, tree.addons) == ("19.0", tmp_path / "odoo-bin", (tmp_path / "addons",))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_small_disk_is_refused_before_the_work(checkout, small_disk):
    checkout.local.symlink_to(small_disk)
    outcome = checkout.run("run")
    assert outcome.returncode == 1
    text = sentence(outcome)
    assert "GB are needed" in text
    assert "free some space" in text
    checkout.local.unlink()


def test_a_disk_that_fills_up_gets_a_sentence(local, small_disk):
    with pytest.raises(console.Trouble, match="the disk is full: free some space"):
        process.run(["dd", "if=/dev/zero", f"of={small_disk / 'big'}", "bs=1M", "count=5"], what="copying")
    path = small_disk / "state.json"
    (small_disk / "big").unlink()
    paths.write_json(path, {"a": 1})
    subprocess.run(["dd", "if=/dev/zero", f"of={small_disk / 'big'}", "bs=4k"], check=False, capture_output=True)
    with pytest.raises(OSError, match="No space left"):
        paths.write_json(path, {"a": "x" * 10_000})
    assert paths.read_json(path) == {"a": 1}, "the old content stays"


def test_no_permission_for_the_checkout(checkout):
    if os.geteuid() != 0:
        pytest.skip("needs another user")
    for folder in (checkout.folder, *checkout.folder.parents):
        if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    done = subprocess.run(
        ["runuser", "-u", "nobody", "--", checkout.folder / "inventory", "run"],
        env=checkout.environment(HOME="/nonexistent"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "permission was denied" in sentence(done)


def test_locks_wait_when_asked(local):
    with lock.hold("a", "first"):
        began = time.monotonic()
        with pytest.raises(console.Trouble, match="first"), lock.hold("a", "second", wait=0.5):
            pass
        assert time.monotonic() - began >= 0.5
    with lock.hold("a", "third"):
        pass


def test_sources_of_one_line_and_deb822(local, monkeypatch, shim, tmp_path):
    """apt itself reads both forms; what it lists decides."""
    for part in ("sources.list.d", "apt.conf.d", "preferences.d", "trusted.gpg.d"):
        (tmp_path / "etc" / part).mkdir(parents=True)
    (tmp_path / "etc/sources.list").write_text(
        "# a comment\n"
        "deb http://one.invalid/debian bookworm main contrib\n"
        "deb [arch=amd64 signed-by=/keys/three.gpg] http://three.invalid/debian/ trixie main\n"
        "deb http://one.invalid/debian-security bookworm-security main\n"
        "deb https://vendor.invalid/apt cloud-bookworm main\n",
        encoding="utf-8",
    )
    (tmp_path / "etc/sources.list.d/two.sources").write_text(
        "Types: deb deb-src\nURIs: http://two.invalid/debian/\nSuites: bookworm bookworm-updates\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
        encoding="utf-8",
    )
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::Etc "{tmp_path}/etc/";\nDir::State::Lists "{tmp_path}/lists/";\nDir::Etc::Parts "apt.conf.d";\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("APT_CONFIG", str(config))
    assert apt.debian_archives() == [
        ("http://one.invalid/debian", ""),
        ("http://three.invalid/debian", "/keys/three.gpg"),
        ("http://two.invalid/debian", "/usr/share/keyrings/debian-archive-keyring.gpg"),
    ]


def test_a_key_block_in_the_sources_becomes_a_key_file(local):
    block = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n -----END PGP PUBLIC KEY BLOCK-----"
    private = apt.PrivateApt(local / "apt", "http://one.invalid/debian", block, ("sid",))
    line = (private.folder / "sources.list").read_text(encoding="utf-8")
    assert line == f"deb [signed-by={local}/apt/archive-key.asc] http://one.invalid/debian sid main\n"
    assert "\n\nmQINBF\n" in (local / "apt/archive-key.asc").read_text(encoding="utf-8")


def test_a_broken_foreign_archive_is_not_in_the_way(local, monkeypatch, shim, tmp_path):
    """`apt-get update` fails for one vendor's archive; what we need is installed all the same."""
    mark = tmp_path / "installed"
    path = shim("apt-get", f'case "$*" in *update*) exit 100 ;; *" install "*) echo "$*" > {mark} ;; esac')
    shim("dpkg-query", "exit 1")
    shim("dpkg", "exit 0")
    monkeypatch.setenv("PATH", path)
    monkeypatch.setattr(apt, "is_root", lambda: True)
    monkeypatch.setattr(apt, "_updated", False)
    apt.install(["something"], "This test")
    assert "something" in mark.read_text()
    monkeypatch.setattr(apt, "is_root", lambda: False)
    with pytest.raises(console.Trouble, match="This test needs something: run `sudo apt-get install something`"):
        apt.install(["something"], "This test")


def test_a_package_manager_is_never_cut_short(local, tmp_path):
    """Ctrl-C waits for it; a half configured package would be worse."""
    script = (
        # Started in the background of a shell, a process inherits that this signal is ignored.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"import sys; sys.path.insert(0, {str(paths.CONFIG)!r})\n"
        "from pathlib import Path\n"
        "from command import paths, process\n"
        f"paths.LOG = Path({str(local)!r})\n"
        f"process.run(['sh', '-c', 'echo > {local}/begun; sleep 1; echo > {local}/whole'], die_with_us=False)\n"
    )
    child = subprocess.Popen([sys.executable, "-B", "-c", script], start_new_session=True, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while not (local / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(child.pid, signal.SIGINT)
    assert b"KeyboardInterrupt" in child.communicate(timeout=20)[1]
    assert (local / "whole").exists()
