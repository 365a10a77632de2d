"""Finds or fetches Odoo 19: ``ODOO_HOME``, what an earlier run fetched, Debian's package, the official repository."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import apt, paths, process
from .console import Trouble, step

SERIES = "19.0"
PACKAGE = "odoo-19"
SUITE = "sid"
REPOSITORY = "https://github.com/odoo/odoo.git"

# The package points to these packages' files by relative links; unpacked beside it they are found. They come from a
# suite whose file names fit the links (the newest font-awesome has other names).
LINKED_SUITE = "trixie"
LINKED = (
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-glyphicons-halflings",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
)
_ESSENTIAL_LINK = "addons/web/static/lib/jquery/jquery.js"


@dataclass(frozen=True)
class OdooTree:
    """An Odoo 19 on disk.

    ``pythonpath`` holds the ``odoo`` package, ``launcher`` starts its command line, ``addons`` are further addons
    folders, ``version`` is what its release file says, ``origin`` tells the user where it comes from.
    """

    pythonpath: Path
    launcher: Path
    addons: tuple
    version: str
    origin: str


def recognise(folder, origin):
    """The Odoo in ``folder``: a git checkout or nightly (odoo-bin), an unpacked or installed package.

    :return: :class:`OdooTree`, or None when there is no Odoo
    """
    folder = Path(folder)
    layouts = (
        (folder, folder / "odoo-bin"),
        (folder, folder / "setup" / "odoo"),
        (folder / "usr/lib/python3/dist-packages", folder / "usr/bin/odoo"),
        (folder, Path("/usr/bin/odoo")),
        (folder.parent, Path("/usr/bin/odoo")),
    )
    for pythonpath, launcher in layouts:
        release = pythonpath / "odoo" / "release.py"
        if not release.is_file():
            continue
        if launcher.is_file():
            addons = (
                (folder / "addons",)
                if (folder / "addons" / "base").exists() or (folder / "addons" / "web").is_dir()
                else ()
            )
            return OdooTree(pythonpath, launcher, addons, _version(release), origin)
    return None


def _version(release):
    text = release.read_text(encoding="utf-8", errors="replace")
    found = re.search(r"version_info\s*=\s*\(\s*'?\"?([\w~]+)'?\"?\s*,\s*(\d+)", text)
    return ".".join(found.groups()) if found else "unknown"


def broken(tree):
    """Name of a file without which pages fail, or None: the package links to other packages' files."""
    return None if (tree.pythonpath / "odoo" / _ESSENTIAL_LINK).exists() or tree.addons else _ESSENTIAL_LINK


def find():
    """The Odoo that is already there, or None; never fetches."""
    given = os.environ.get("ODOO_HOME")
    if given:
        tree = recognise(given, "ODOO_HOME")
        if tree is None:
            raise Trouble(
                f"ODOO_HOME={given} holds no Odoo: name the folder with odoo-bin, "
                "or unset ODOO_HOME to let Odoo be fetched."
            )
        if tree.version != SERIES:
            raise Trouble(f"ODOO_HOME={given} holds Odoo {tree.version}: Inventory Plus needs Odoo {SERIES}.")
        return tree
    facts = paths.read_json(paths.ODOO / "complete.json")
    if facts:
        tree = recognise(paths.ODOO / facts["folder"], facts["origin"])
        if tree and tree.version == SERIES:
            return tree
    return None


def provide():
    """:func:`find`, or fetch Odoo: Debian's package through apt, else the official repository.

    The tree is built beside its place and renamed into it when whole: a killed run leaves nothing half unpacked.
    """
    tree = find()
    if tree:
        return tree
    failures = []
    for way in (_from_apt, _from_git):
        try:
            way()
        except _Unavailable as error:
            failures.append(str(error))
            continue
        return find()
    raise Trouble(
        "Odoo 19 could not be fetched ("
        + "; ".join(failures)
        + "): connect this machine to its package archive or to the "
        "official repository, or set ODOO_HOME to a folder with Odoo 19, and run this again."
    )


class _Unavailable(Exception):
    """One way to get Odoo is closed; the text says why."""


def _publish(building, origin):
    paths.write_json(building / "complete.json", {"folder": "tree", "origin": origin})
    shutil.rmtree(paths.ODOO, ignore_errors=True)
    building.rename(paths.ODOO)


def _fresh():
    building = paths.ODOO.with_name("odoo.new")
    shutil.rmtree(building, ignore_errors=True)
    (building / "tree").mkdir(parents=True)
    return building


def _from_apt():
    if not apt.available():
        raise _Unavailable("this machine has no apt")
    archives = apt.debian_archives()
    if not archives:
        raise _Unavailable("this machine's apt knows no archive of Debian")
    failures = []
    for number, (uri, signed_by) in enumerate(archives):
        try:
            source = apt.PrivateApt(paths.LOCAL / "apt" / str(number), uri, signed_by, (SUITE, LINKED_SUITE))
            with step("Reading Debian's package lists", download=True):
                source.update()
            version = source.version(PACKAGE)
            if not version:
                failures.append(f"no {PACKAGE} in the archive")
                continue
            _fetch_package(source, version)
            return
        except Trouble as trouble:
            if "disk is full" in str(trouble) or "permission was denied" in str(trouble):
                raise
            failures.append(str(trouble).rstrip("."))
    raise _Unavailable("; ".join(failures))


def _fetch_package(source, version):
    size = source.size(PACKAGE)
    target = paths.DOWNLOADS / "deb"
    with step(f"Fetching Odoo ({PACKAGE} {version})", download=True) as current:

        def watch(_log, _since):
            done = sum(path.stat().st_size for path in target.glob(f"{PACKAGE}_*") if path.exists())
            current.detail = f"{done // 1_000_000} of {size // 1_000_000} MB"

        files = source.download([PACKAGE], target, watch)
        files += source.download([f"{package}/{LINKED_SUITE}" for package in LINKED], target)
    with step("Unpacking Odoo"):
        building = _fresh()
        apt.unpack(files, building / "tree")
        missing = broken(recognise(building / "tree", ""))
        if missing:
            raise Trouble(f"The package of Odoo points to {missing}, which no package brings: pages would fail.")
        _publish(building, f"Debian's {PACKAGE} {version}")
    # Two hundred megabytes that the unpacked tree does not need any more.
    shutil.rmtree(target, ignore_errors=True)


def _from_git():
    if shutil.which("git") is None:
        if not (apt.available() and apt.is_root()):
            raise _Unavailable("git is not installed")
        try:
            apt.install(["git", "ca-certificates"], "Fetching Odoo from its repository")
        except Trouble as trouble:
            raise _Unavailable(str(trouble).rstrip(".")) from trouble
    building = _fresh()
    try:
        with step(f"Fetching Odoo {SERIES} from its repository", download=True):
            process.run(
                ["git", "clone", "--depth", "1", "--branch", SERIES, "--single-branch", REPOSITORY, building / "tree"],
                what="cloning Odoo",
                env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            )
    except Trouble as trouble:
        if "disk is full" in str(trouble):
            raise
        raise _Unavailable(str(trouble).rstrip(".")) from trouble
    _publish(building, f"branch {SERIES} of the official repository")
