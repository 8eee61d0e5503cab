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
    "iris": "species",
    "wine": "cultivar",
}
"""The bundled tables and what each is to predict."""


def demo_table(name: str = "breast_cancer") -> Table:
    """Load a real table that comes with scikit-learn; nothing is downloaded.

    Parameters
    ----------
    name : {"breast_cancer", "diabetes", "digits", "iris", "wine"}
        Which.

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
