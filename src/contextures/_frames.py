"""Tables of other libraries, such as polars and pyarrow, as pandas frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from contextures.exceptions import InputError

_LAZY = "collect"


def is_foreign(X: Any) -> bool:
    """Tell a table that is not pandas' but says how to be read: by Arrow or by interchange."""
    if isinstance(X, pd.DataFrame | pd.Series | np.ndarray):
        return False
    names = ("__arrow_c_stream__", "__arrow_c_array__", "__dataframe__")
    return any(hasattr(X, name) for name in names) or (hasattr(X, _LAZY) and hasattr(X, "select"))


def to_pandas(X: Any) -> pd.DataFrame:
    """Give a table of another library as a pandas frame.

    Parameters
    ----------
    X : object
        A polars or pyarrow table, or whatever else has ``__arrow_c_stream__`` or ``__dataframe__``.

    Returns
    -------
    pandas.DataFrame
        Its values.

    Raises
    ------
    InputError
        If it is a single column, not yet computed, or cannot be read.
    """
    import pyarrow as pa

    name = f"{type(X).__module__.partition('.')[0]} {type(X).__name__}"
    arrow = any(hasattr(X, way) for way in ("__arrow_c_stream__", "__arrow_c_array__"))
    if not arrow and not hasattr(X, "__dataframe__"):
        raise InputError(
            f"a table is expected, not a query as {name} is; compute it first with its collect()"
        )
    try:
        if arrow:
            table = X if isinstance(X, pa.Table) else pa.table(X)
            return arrow_to_pandas(table)
        frame: pd.DataFrame = pd.api.interchange.from_dataframe(X)
        return frame
    except InputError:
        raise
    except Exception as error:  # whatever a table of another library makes Arrow raise
        reason = " ".join(str(error).split())[:120].rstrip(".")
        raise InputError(
            f"the {name} cannot be read as a table ({reason}); give a pandas DataFrame, such as "
            "its to_pandas() gives"
        ) from None


def arrow_to_pandas(table: Any) -> pd.DataFrame:
    """Give an Arrow table as a pandas frame, with what pandas cannot hold as such in its place.

    Parameters
    ----------
    table : pyarrow.Table
        The table.

    Returns
    -------
    pandas.DataFrame
        Whole numbers with gaps stay whole; dates keep their range.
    """
    import pyarrow as pa

    names = list(table.column_names)
    whole = {
        pa.int8(): pd.Int8Dtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.uint8(): pd.UInt8Dtype(),
        pa.uint16(): pd.UInt16Dtype(),
        pa.uint32(): pd.UInt32Dtype(),
        pa.uint64(): pd.UInt64Dtype(),
    }
    # Floats would round whole numbers beyond 2**53 where a cell is missing.
    gaps = {
        kind: dtype
        for kind, dtype in whole.items()
        if any(
            table.schema.field(i).type == kind and table.column(i).null_count
            for i in range(len(names))
        )
    }
    frame: pd.DataFrame = table.to_pandas(types_mapper=gaps.get) if gaps else table.to_pandas()
    return frame
