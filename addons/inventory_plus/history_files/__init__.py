"""Reading files of sales history (CSV, XLSX, Parquet) without Odoo: tables, column meanings, values.

Everything that can be wrong with a file is said by :class:`FileProblem` (the whole file) or by a ``Problem`` tuple
(one line): a code and its parameters. The Odoo layer turns codes into sentences in the user's language.
"""

from .columns import MEANINGS, REQUIRED, guess_columns
from .problems import FileProblem, Problem
from .table import HistoryTable, open_history
from .values import ValueReader
