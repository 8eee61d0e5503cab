"""Real tables that come with scikit-learn, for demonstrations and examples."""

from __future__ import annotations

from typing import Any

from contextures.data.table import Table, table_from_frame
from contextures.data.words import listed
from contextures.exceptions import InputError

TABLES = {
    "breast_cancer": "diagnosis",
    "diabetes": "progression",
    "digits": "digit",
    "few_labels": "digit",
    "iris": "species",
    "wine": "cultivar",
}
"""The bundled tables and what each is to predict."""

FEW_ROWS, LABELS_A_CLASS = 1000, 2
"""Rows that "few_labels" has, and the labels of each digit among them."""


def demo_table(name: str = "breast_cancer") -> Table:
    """Load a real table that comes with scikit-learn; nothing is downloaded.

    Parameters
    ----------
    name : {"breast_cancer", "diabetes", "digits", "few_labels", "iris", "wine"}
        Which. "few_labels" is the first 1,000 rows of "digits" with two labels a digit, all others
        missing.

    Returns
    -------
    Table
        The table, whose ``target`` names the column to predict.

    Raises
    ------
    InputError
        If there is no such table.

    Examples
    --------
    >>> from contextures.data import demo_table
    >>> table = demo_table("wine")
    >>> table.target, table.frame.shape
    ('cultivar', (178, 14))
    """
    if name not in TABLES:
        raise InputError(f"there is no bundled table {name!r}; give one of {listed(TABLES)}")
    from sklearn import datasets

    if name == "few_labels":
        return _with_few_labels(demo_table("digits"))
    loaded: Any = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = loaded.data.rename(columns=lambda column: str(column).removesuffix(" (cm)"))
    target = TABLES[name]
    values = loaded.target
    if name in ("breast_cancer", "iris", "wine"):
        values = values.map(dict(enumerate(str(label) for label in loaded.target_names)))
    return table_from_frame(
        frame.assign(**{target: values}),
        name=name,
        source=f"scikit-learn's {name} table",
        target=target,
    )


def _with_few_labels(whole: Table) -> Table:
    target = TABLES["few_labels"]
    frame = whole.frame.head(FEW_ROWS)
    mixed = frame[target].sample(frac=1, random_state=0)
    kept = mixed.groupby(mixed).head(LABELS_A_CLASS).index
    labels = frame[target].astype("Int64").where(frame.index.isin(kept))
    return table_from_frame(
        frame.assign(**{target: labels}),
        name="few_labels",
        source=f"{FEW_ROWS:,} rows of {whole.source} with {LABELS_A_CLASS} labels a digit",
        target=target,
    )
