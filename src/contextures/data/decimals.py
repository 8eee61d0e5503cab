"""Numbers written with a decimal comma."""

from __future__ import annotations

import pandas as pd

_COMMA_NUMBER = r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)?,\d+(?:[eE][+-]?\d+)?"
_WHOLE_NUMBER = r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)"


def convert_decimal_commas(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Turn the text columns that are numbers with decimal commas into numbers.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table whose fields are not separated by commas.

    Returns
    -------
    tuple
        The table and the names of the columns that were turned.
    """
    converted: dict[str, pd.Series] = {}
    for name in frame.columns:
        column = frame[name]
        if not pd.api.types.is_string_dtype(column.dtype):
            continue
        words = column.dropna().astype(str).str.strip()
        with_comma = words.str.fullmatch(_COMMA_NUMBER)
        if not with_comma.any() or not (with_comma | words.str.fullmatch(_WHOLE_NUMBER)).all():
            continue
        plain = words.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
        converted[name] = plain.astype("float64").reindex(column.index)
    return frame.assign(**converted), list(converted)
