"""Which tests the user asked for: addons, files and folders, patterns of names."""

import fnmatch
import re
from dataclasses import dataclass, field
from pathlib import Path

from .. import paths
from ..console import Trouble


@dataclass
class Selection:
    """What to run.

    :ivar addons: names of our addons; empty for all
    :ivar files: test files or folders, absolute; empty for all
    :ivar names: patterns; a test runs when one of them is in its name (or matches it, with * and ?), case ignored
    """

    addons: list = field(default_factory=list)
    files: list = field(default_factory=list)
    names: list = field(default_factory=list)
    quick: bool = False

    @classmethod
    def of(cls, selectors, addons=(), names=(), quick=False):
        """Sort words into addons, files and patterns.

        :raise Trouble: for an addon that does not exist
        """
        chosen = cls(names=list(names), quick=quick)
        ours = paths.our_addons()
        for addon in addons:
            if addon not in ours:
                raise Trouble(f"There is no addon {addon}; there are {', '.join(ours)}.", code=2)
            chosen.addons.append(addon)
        for word in selectors:
            path = Path(word) if Path(word).is_absolute() else paths.ROOT / word
            if word in ours:
                chosen.addons.append(word)
            elif ("/" in word or word.endswith(".py") or word == "tests") and path.exists():
                chosen.files.append(path.resolve())
            elif "/" in word and "::" not in word:
                raise Trouble(f"There is no file or folder {word}.", code=2)
            else:
                chosen.names.append(word)
        return chosen

    @property
    def everything(self):
        """Whether nothing was selected."""
        return not (self.addons or self.files or self.names)

    def wants_addon(self, addon):
        """Whether tests of this addon can be meant."""
        if self.files and not any(self._overlaps(path, paths.ADDONS / addon) for path in self.files):
            return addon in self.addons
        return not self.addons or addon in self.addons

    def wants_folder(self, folder):
        """Whether tests below `folder` that belong to no addon can be meant."""
        if self.files:
            return any(self._overlaps(path, folder) for path in self.files)
        return not self.addons

    def wants_name(self, name):
        """Whether a check of the whole project is meant: only when no addon or file is named."""
        return not self.addons and not self.files and self.matches(name)

    def matches(self, name):
        """Whether a test's name is meant."""
        return not self.names or bool(re.search(self.pattern(), name, re.IGNORECASE))

    def pattern(self):
        """The patterns as one regular expression for the recorders."""
        wild = [
            fnmatch.translate(name) if set("*?[") & set(name) else re.escape(name).replace(r"\ ", " ")
            for name in self.names
        ]
        return "|".join(wild)

    def file_pattern(self):
        """Paths that tests must lie under, for the recorders."""
        return ":".join(map(str, self.files))

    @staticmethod
    def _overlaps(one, other):
        return one.is_relative_to(other) or other.is_relative_to(one)
