"""Tables: reading, looking over, and preparing them as numbers.

Names are loaded on first use, so that importing the package stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contextures._lazy import lazy

if TYPE_CHECKING:
    from contextures.data.account import ColumnAccount, DataWarning
    from contextures.data.bundled import demo_table
    from contextures.data.parts import Parts, long_table
    from contextures.data.preparation import TablePreparation
    from contextures.data.profile import ColumnProfile, TableProfile, profile_table
    from contextures.data.reading import read_table, read_tables
    from contextures.data.storage import load_preparation, save_preparation
    from contextures.data.table import Table, check_values, table_from_frame
    from contextures.data.target import TargetInfo, check_target, class_labels, encode_target

_HOME = {
    "ColumnAccount": "account",
    "ColumnProfile": "profile",
    "DataWarning": "account",
    "Parts": "parts",
    "Table": "table",
    "TablePreparation": "preparation",
    "TableProfile": "profile",
    "TargetInfo": "target",
    "check_target": "target",
    "check_values": "table",
    "class_labels": "target",
    "demo_table": "bundled",
    "encode_target": "target",
    "load_preparation": "storage",
    "long_table": "parts",
    "profile_table": "profile",
    "read_table": "reading",
    "read_tables": "reading",
    "save_preparation": "storage",
    "table_from_frame": "table",
}

__all__ = [
    "ColumnAccount",
    "ColumnProfile",
    "DataWarning",
    "Parts",
    "Table",
    "TablePreparation",
    "TableProfile",
    "TargetInfo",
    "check_target",
    "check_values",
    "class_labels",
    "demo_table",
    "encode_target",
    "load_preparation",
    "long_table",
    "profile_table",
    "read_table",
    "read_tables",
    "save_preparation",
    "table_from_frame",
]

__getattr__, __dir__ = lazy(__name__, _HOME)
