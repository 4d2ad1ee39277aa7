"""Descriptions in docstrings."""

import pytest

from claude_notebook.tools.docstrings import read_docstring

GOOGLE = """Add two numbers.

    The second line.

    Args:
        a (float): the first,
            on two lines
        b: the second: with a colon
        **rest: all others

    Returns:
        The sum.
    """

NUMPY = """Add two numbers.

    Parameters
    ----------
    a : float
        the first,
        on two lines
    b, c
        the others

    Returns
    -------
    float
    """

SPHINX = """Add two numbers.

    :param a: the first,
        on two lines
    :param float b: the second
    :type b: float
    :return: the sum
    """

CASES = {
    GOOGLE: (
        "Add two numbers.\n\nThe second line.\n\nReturns:\n    The sum.",
        {"a": "the first, on two lines", "b": "the second: with a colon", "rest": "all others"},
    ),
    NUMPY: (
        "Add two numbers.\n\nReturns\n-------\nfloat",
        {"a": "the first, on two lines", "b": "the others", "c": "the others"},
    ),
    SPHINX: ("Add two numbers.", {"a": "the first, on two lines", "b": "the second"}),
    "Only a summary.": ("Only a summary.", {}),
    "Args:": ("Args:", {}),
    "Args: are no section here.": ("Args: are no section here.", {}),
    "Summary.\n\nArgs:\n    no colon here\n": ("Summary.\n\nArgs:\n    no colon here", {}),
    "": ("", {}),
    None: ("", {}),
}


@pytest.mark.parametrize("text", CASES, ids=lambda text: repr(text)[:30])
def test_read_docstring_splits_description_and_parameters(text):
    description, parameters = CASES[text]
    assert read_docstring(text) == (description, parameters)
