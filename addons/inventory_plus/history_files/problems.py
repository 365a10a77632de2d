"""What can be wrong, as codes with parameters."""

from typing import NamedTuple


class FileProblem(Exception):
    """The file as a whole cannot be used.

    :param code: which problem; the Odoo layer holds the sentence
    :param params: values that the sentence names
    """

    def __init__(self, code, **params):
        super().__init__(code, params)
        self.code = code
        self.params = params


class Problem(NamedTuple):
    """One line cannot be used: the code of the reason and the values that its sentence names."""

    code: str
    params: dict
