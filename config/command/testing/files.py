"""Rules of the house that a look at the files can check, and test files that nothing loaded."""

import ast
import re

from .. import paths

MAX_LINES = 600
_COUNTED = {".py", ".js", ".xml", ".scss", ".css", ".sh"}
_TEXT = {*_COUNTED, ".md", ".csv", ".po", ".pot", ".conf", ".toml", ".txt", ".json", ".service", ""}
_LEFT_OUT = {".git", ".local", "node_modules", "__pycache__", ".ruff_cache", ".pytest_cache"}
_PURE = ("planning_engine", "agent", "codecs")
_UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b|raise Not[I]mplemented")
_FOLDERS = re.compile(r"""(?<![\w.:/$~}%*\]>)-])/(?:home/(?!other)|Users/|work/|workspace/|mnt/)\w""")
_ADDRESS = re.compile(r"https?://([A-Za-z0-9._-]+)")
# Hosts that mean the machine itself, examples, names of standards and pages that a reader may open. Nothing of a
# machine's set-up (package archives, proxies, registries) is among them: it comes from the machine's configuration.
_HOSTS = re.compile(
    r"^(?:127\.0\.0\.1|0\.0\.0\.0|localhost|\[?::1|.*\.?example(?:\.\w+)?|.*\.(?:test|invalid|local)|\w+"
    r"|(?:www\.)?(?:w3|gnu|gs1|odoo|odoo-community|python|postgresql|mozilla|wikipedia|archive)\.(?:org|com)"
    r"|.*\.(?:gs1|wikipedia|ics\.uci|uci|postgresql|python|odoo|mozilla)\.(?:org|edu|com)"
    r"|doi\.org|otexts\.com|archive\.ics\.uci\.edu|github\.com|keepachangelog\.com|semver\.org|json-schema\.org)$"
)
_FSTRING = re.compile(r"""\b(?:t-[\w-]+)\s*=\s*(?:"[^"]*\bf'|'[^']*\bf")""")


def sources(*suffixes):
    """Files of the project with these suffixes, sorted."""
    found = []
    for folder in (paths.ADDONS, paths.CONFIG, paths.TESTS, paths.ROOT / ".ci"):
        found += [path for path in folder.rglob("*") if path.is_file() and not _LEFT_OUT & set(path.parts)]
    found += [path for path in paths.ROOT.iterdir() if path.is_file() and path.name != ".git"]
    return sorted(path for path in found if not suffixes or path.suffix in suffixes)


def run(report, selection):
    """Check every rule that the selection names."""
    checks = {
        f"no file is longer than {MAX_LINES} lines": _long,
        "no f-string in QWeb": _fstrings,
        "nothing is left unfinished": _unfinished,
        "no path or host of a machine": _machines,
        "pure packages import no odoo": _pure,
        "pure packages use relative imports": _relative,
    }
    for name, check in checks.items():
        if selection.wants_name(name):
            report.check("house", name, check())


def _text(path):
    return path.read_text(encoding="utf-8", errors="replace")


def _lines(kinds, pattern, sentence):
    """A sentence for every line of files of these kinds in which `pattern` is found."""
    problems = []
    for path in sources(*kinds):
        for number, line in enumerate(_text(path).splitlines(), 1):
            if pattern.search(line):
                problems.append(f"{path.relative_to(paths.ROOT)}:{number}: {sentence}: {line.strip()[:100]}")
    return problems


def _long():
    return [
        f"{path.relative_to(paths.ROOT)} has {count} lines"
        for path in sources(*_COUNTED)
        if (count := _text(path).count("\n")) > MAX_LINES
    ]


def _fstrings():
    return _lines([".xml"], _FSTRING, "QWeb compiles f-strings only from Python 3.12 on")


def _unfinished():
    return _lines([".py", ".js", ".xml", ".scss"], _UNFINISHED, "unfinished")


def _machines():
    problems = _lines(_TEXT, _FOLDERS, "a folder of one machine")
    for path in sources(*_TEXT):
        if path.name in {"LICENSE", "COPYING"}:
            continue
        for number, line in enumerate(_text(path).splitlines(), 1):
            problems += [
                f"{path.relative_to(paths.ROOT)}:{number}: the host {host} is not one that the project may name"
                for host in _ADDRESS.findall(line)
                if not _HOSTS.match(host.rstrip("."))
            ]
    return problems


def pure_packages():
    """Folders of packages inside our addons that may not import odoo."""
    return [
        folder for addon in paths.our_addons() for name in _PURE if (folder := paths.ADDONS / addon / name).is_dir()
    ]


def _imports(path):
    """(line, module, level) of every import of a Python file."""
    for node in ast.walk(ast.parse(_text(path), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or "", node.level


def _pure():
    return [
        f"{path.relative_to(paths.ROOT)}:{line}: imports {module}"
        for folder in pure_packages()
        for path in sorted(folder.rglob("*.py"))
        for line, module, level in _imports(path)
        if level == 0 and module.split(".")[0] in {"odoo", "openerp"}
    ]


def _relative():
    """Imports of the package's own modules go by relative path, so that it works wherever it is put."""
    return [
        f"{path.relative_to(paths.ROOT)}:{line}: imports {module} by an absolute name"
        for folder in pure_packages()
        for path in sorted(folder.rglob("*.py"))
        for line, module, level in _imports(path)
        if level == 0 and module.split(".")[0] in {folder.name, folder.parent.name}
    ]


def addon_tests(addon):
    """Test files of one addon that Odoo's loader must find."""
    return set((paths.ADDONS / addon / "tests").rglob("test_*.py"))


def pure_tests():
    """Test files that plain pytest runs: those inside our addons but outside the addons' own tests."""
    every = {path for addon in paths.our_addons() for path in (paths.ADDONS / addon).rglob("test_*.py")}
    every = {path for path in every if "tests" in path.parts or path.parent.name.startswith("test")}
    return every - {path for addon in paths.our_addons() for path in addon_tests(addon)}


def not_loaded(expected, loaded):
    """Sentences for test files that were expected and not loaded."""
    known = {str(path) for path in loaded}
    return [
        f"{path.relative_to(paths.ROOT)} was not loaded: import it by name in tests/__init__.py, and give it a name of "
        "its own (of two modules with one name the second hides the first)."
        for path in sorted(expected)
        if str(path) not in known
    ]
