"""Packages of the distribution, and a private apt for packages of another suite that are only unpacked.

The private apt keeps its lists and cache under ``.local/`` and takes the archive's address, key and proxy from the
machine's own apt configuration; signatures are checked as always. It needs no rights.
"""

import os
import re
import shutil
from pathlib import Path

from . import paths, process
from .console import Trouble, note, step

_DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_POCKET = re.compile(r"-(security|updates|backports.*|proposed.*)$")
_updated = False


def available():
    """True when this machine has apt."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg") is not None


def is_root():
    """True when packages may be installed."""
    return os.geteuid() == 0


def installed(package):
    """True when the distribution's package is installed."""
    code, out, _err = process.capture(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", package])
    return code == 0 and out.startswith("ii")


def install(packages, why):
    """Install packages of the distribution if they are missing.

    :param packages: names
    :param why: what needs them, for the sentence
    :raises Trouble: no apt, no rights, or apt failed
    """
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return
    names = " ".join(missing)
    if not available():
        raise Trouble(f"{why} needs {names}: install it with this system's package manager and run this again.")
    if not is_root():
        raise Trouble(f"{why} needs {names}: run `sudo apt-get install {names}` and then this again.")
    with step(f"Installing {names}", download=True):
        stale = _update_once()
        try:
            _apt_get("install", "-y", "--no-install-recommends", *missing, what=f"installing {names}")
        except Trouble as trouble:
            raise stale or trouble from None


def _update_once():
    """Read the package lists; what went wrong, or None. A broken archive of somebody else need not be in the way."""
    global _updated
    try:
        if not _updated:
            _apt_get("update", what="reading the package lists")
            _updated = True
    except Trouble as trouble:
        return trouble
    return None


def _apt_get(*arguments, what):
    # Never cut short: a half configured package is worse than a late answer.
    argv = ["apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments]
    process.run(argv, what=what, env=_quiet(), die_with_us=False)


def _quiet():
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


def machine_sources():
    """The archives that this machine's apt uses, one-line and deb822 files alike, also before the first update.

    :return: list of dicts with uri, suite, component, signed_by (path, key block or empty)
    """
    fields = "\t".join(("$(REPO_URI)", "$(RELEASE)", "$(COMPONENT)", "$(SOURCESENTRY)"))
    code, out, _err = process.capture(
        ["apt-get", "indextargets", "--no-release-info", "--format", fields, "Created-By: Packages"], env=_quiet()
    )
    sources = []
    for row in out.splitlines() if code == 0 else ():
        uri, suite, component, entry = row.split("\t")
        signed_by = _signed_by(Path(entry.rpartition(":")[0]), uri)
        source = {"uri": uri, "suite": suite, "component": component, "signed_by": signed_by}
        if source not in sources:
            sources.append(source)
    return sources


def _signed_by(file, uri):
    """The key that a sources file names for an archive; apt's own listing leaves it out."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    if file.suffix == ".sources":
        for stanza in re.split(r"\n\s*\n", text):
            # A value goes on in lines that begin with a space.
            values = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE))
            values = {key.lower(): value.strip() for key, value in values.items()}
            if uri.rstrip("/") in (word.rstrip("/") for word in values.get("uris", "").split()):
                return values.get("signed-by", "")
        return ""
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+\[([^]]*)\]\s+(\S+)", line)
        if found and found.group(2).rstrip("/") == uri.rstrip("/"):
            key = re.search(r"signed-by=(\S+)", found.group(1), re.IGNORECASE)
            return key.group(1) if key else ""
    return ""


def distribution():
    """Lower-case ID and version code name of the system: ("debian", "bookworm")."""
    values = {}
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        values[key] = value.strip().strip('"')
    return values.get("ID", "").lower(), values.get("VERSION_CODENAME", "").lower()


def debian_archives():
    """Archives of Debian itself among the machine's sources, as ``(uri, signed_by)``, the machine's own suite first.

    Other vendors' archives are told apart by their suite and component: Debian's main archive serves the system's
    code name (or a Debian suite's name) with a component ``main``.
    """
    name, code_name = distribution()
    suites = {"stable", "testing", "unstable", "sid", "oldstable", "bookworm", "trixie", "forky"}
    if name == "debian" and code_name:
        suites.add(code_name)
    found = []
    for source in machine_sources():
        if source["component"] != "main" or source["suite"] not in suites or _POCKET.search(source["suite"]):
            continue
        archive = (source["uri"].rstrip("/"), source["signed_by"])
        if archive not in found:
            found.append(archive)
    return found


class PrivateApt:
    """An apt with its own sources, lists and cache in ``folder``."""

    def __init__(self, folder, uri, signed_by, suites, component="main"):
        """
        :param folder: where its lists and cache live
        :param uri: the archive, as the machine's own configuration names it
        :param signed_by: key file, key block or "" for apt's default keys
        :param suites: suites to read, the first one preferred for nothing in particular
        """
        self.folder = Path(folder)
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        option = self._signed_by(signed_by)
        lines = [f"deb {option}{uri} {suite} {component}\n" for suite in suites]
        paths.write_text(self.folder / "sources.list", "".join(lines))
        self._options = [
            option
            for setting in (
                f"Dir::Etc::SourceList={self.folder / 'sources.list'}",
                "Dir::Etc::SourceParts=/dev/null",
                "Dir::Etc::Preferences=/dev/null",
                "Dir::Etc::PreferencesParts=/dev/null",
                f"Dir::State::Lists={self.folder / 'lists'}",
                f"Dir::Cache={self.folder / 'cache'}",
                "APT::Sandbox::User=root",
                "Acquire::Languages=none",
                "Acquire::Retries=2",
                "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
                "Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled=false",
                "Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled=false",
                "Acquire::IndexTargets::deb::CNF::DefaultEnabled=false",
            )
            for option in ("-o", setting)
        ]

    def _signed_by(self, signed_by):
        if "BEGIN PGP" in signed_by:
            key = self.folder / "archive-key.asc"
            # In deb822 files a key block is indented and its empty lines are dots.
            lines = [line.strip() for line in signed_by.splitlines()]
            paths.write_text(key, "\n".join("" if line == "." else line for line in lines) + "\n")
            return f"[signed-by={key}] "
        if signed_by.startswith("/") and Path(signed_by).exists():
            return f"[signed-by={signed_by}] "
        return f"[signed-by={_debian_keyring(self.folder)}] "

    def update(self):
        """Read the package lists.

        A mirror that is frozen at a day serves lists whose validity has passed. They are taken, with a word to the
        user; signature and hashes are checked as always.
        """
        argv = ["apt-get", *self._options, "-o", "APT::Update::Error-Mode=any", "update"]
        try:
            process.run(argv, what="reading Debian's package lists", env=_quiet())
        except Trouble as trouble:
            if "is expired" not in str(trouble):
                raise
            note("  The archive's lists are past their validity (a frozen mirror); signatures are checked as always.")
            self._options += ["-o", "Acquire::Check-Valid-Until=false"]
            argv = ["apt-get", *self._options, "-o", "APT::Update::Error-Mode=any", "update"]
            process.run(argv, what="reading Debian's package lists", env=_quiet())

    def version(self, package):
        """The version that would be fetched, or None."""
        _code, out, _err = process.capture(["apt-cache", *self._options, "policy", package], env=_quiet())
        found = re.search(r"Candidate:\s*(\S+)", out)
        return found.group(1) if found and found.group(1) != "(none)" else None

    def size(self, package):
        """Bytes of the package file, or 0 when unknown."""
        _code, out, _err = process.capture(
            ["apt-cache", *self._options, "show", "--no-all-versions", package], env=_quiet()
        )
        found = re.search(r"^Size: (\d+)$", out, re.MULTILINE)
        return int(found.group(1)) if found else 0

    def download(self, packages, folder, watch=None):
        """Fetch package files into ``folder`` (apt checks signature and hash) and return their paths."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        process.run(
            ["apt-get", *self._options, "download", *packages],
            what=f"fetching {' '.join(packages)}",
            env=_quiet(),
            cwd=folder,
            watch=watch,
        )
        files = []
        for package in packages:
            matches = sorted(folder.glob(f"{package.split('/')[0]}_*.deb"), key=lambda path: path.stat().st_mtime)
            if not matches:
                raise Trouble(f"apt said it fetched {package} but no file came; run this again.")
            files.append(matches[-1])
        return files


def _debian_keyring(folder):
    """The file with the keys of Debian's archive; where the system has none, its package with them is unpacked."""
    if _DEBIAN_KEYRING.exists():
        return _DEBIAN_KEYRING
    unpacked = folder / "keyring"
    found = unpacked / _DEBIAN_KEYRING.relative_to("/")
    if not found.exists():
        process.run(
            ["apt-get", "download", "debian-archive-keyring"], what="fetching Debian's keys", env=_quiet(), cwd=folder
        )
        unpack(sorted(folder.glob("debian-archive-keyring_*.deb"))[-1:], unpacked)
    return found


def unpack(files, folder):
    """Unpack package files into ``folder`` without installing them; needs no rights."""
    for file in files:
        process.run(["dpkg", "-x", file, folder], what=f"unpacking {Path(file).name}")
