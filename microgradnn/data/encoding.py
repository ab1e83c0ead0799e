"""Columns of a table that are no numbers as they stand: categories, and values that are missing.

scikit-learn learns from the training set what stands for them, with its `OneHotEncoder` and `SimpleImputer`; what it
learnt is kept as plain data, which does the same to other tables without it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from ..engine.tensor import Array
from ..errors import extra
from .delimited import Table, first_repeated, show_names
from .labels import MOST_CLASSES
from .tables import MISSING, floats_of, places, wrong

IMPUTE = ("mean", "median", "most_frequent")
EMPTY = ("", "nan")  # of categories: "none" or "NA" may well be one


@dataclass(frozen=True)
class EncodedColumn:
    """A column: the categories that it has a row of X each for, or none; and what stands for a missing value."""

    name: str
    categories: list[str] | None = None
    fill: float | str | None = None

    def rows(self) -> list[str]:
        """Return the names of its rows of X."""
        return [self.name] if self.categories is None else [f"{self.name}={one}" for one in self.categories]


@dataclass(frozen=True)
class Encoding:
    """How the columns of a table become rows of X: numbers one row, categories a row of 0 and 1 for each.

    `fit` learns it from a training set. A call returns X, (n_x, m), of any table with these columns.
    """

    columns: list[EncodedColumn]

    @classmethod
    def fit(
        cls,
        table: Table,
        features: Sequence[str],
        *,
        categorical: Sequence[str] = (),
        impute: str | None = None,
        rows: Array | None = None,
        decimal: str | None = None,
    ) -> Encoding:
        """Return the encoding of the columns `features`, learnt from some rows of a table, the training set.

        `categorical` are those that hold categories. `impute` fills in what is missing: the 'mean', 'median' or
        'most_frequent' number; of categories always the most frequent one. Needs scikit-learn. Raises ValueError
        for columns that are not there or have no value at all, and for more than a thousand categories.
        """
        if impute is not None and impute not in IMPUTE:
            raise ValueError(f"unknown imputation {impute!r} (choose from {', '.join(IMPUTE)})")
        if stray := next((name for name in categorical if name not in features), None):
            raise ValueError(f"{stray!r} is categorical, and no feature (choose from {show_names(list(features))})")
        if twice := first_repeated(features):
            raise ValueError(f"the column {twice!r} was chosen twice")
        with extra("sklearn"):
            from sklearn.impute import SimpleImputer
            from sklearn.preprocessing import OneHotEncoder
        plain = cls([EncodedColumn(name, [] if name in categorical else None, impute and "") for name in features])
        chosen = np.arange(len(table)) if rows is None else rows
        columns = []
        for name, cells in zip(features, plain.read(table, decimal), strict=True):
            known = cells[chosen]
            gaps = known == "" if name in categorical else np.isnan(known)
            if gaps.all():
                raise ValueError(f"{table.name}: the column {name!r} has no value in the training set")
            if name in categorical:
                fill: Any = None
                if impute:
                    fill = str(SimpleImputer(strategy="most_frequent").fit(known[~gaps, None]).statistics_[0])
                found = [str(one) for one in OneHotEncoder().fit(known[~gaps, None]).categories_[0]]
                if len(found) > MOST_CLASSES:
                    raise ValueError(f"{table.name}: the column {name!r} has {len(found)} categories, and at most "
                                     f"{MOST_CLASSES} are taken: does it hold any?")  # fmt: skip
                columns.append(EncodedColumn(name, found, fill))
            else:
                fill = float(SimpleImputer(strategy=impute).fit(known[:, None]).statistics_[0]) if impute else None
                columns.append(EncodedColumn(name, None, fill))
        return cls(columns)

    @property
    def features(self) -> list[str]:
        """The names of the n_x rows of X: 'height', 'colour=blue', 'colour=red'."""
        return [row for column in self.columns for row in column.rows()]

    def __call__(self, table: Table, decimal: str | None = None) -> Array:
        """Return X, (n_x, m), of a table.

        Raises ValueError as read_features, a missing value included unless it is filled in. A category that the
        training set did not have is 0 in all rows of its column, and a UserWarning says which.
        """
        parts = []
        for column, cells in zip(self.columns, self.read(table, decimal), strict=True):
            if column.categories is None:
                parts.append(np.where(np.isnan(cells), np.nan if column.fill is None else column.fill, cells)[None, :])
                continue
            rows = {one: row for row, one in enumerate(column.categories)}
            if column.fill is not None:
                rows[""] = rows[str(column.fill)]
            codes = np.array([rows.get(cell, -1) for cell in cells])
            unknown = np.flatnonzero(codes < 0)
            if unknown.size:
                also = f", and {unknown.size - 1} more," if unknown.size > 1 else ""
                shown = f"{cells[unknown[0]]!r:.60}{also}"
                warnings.warn(
                    f"{table.place(int(unknown[0]))}, column {column.name!r}: {shown} was not in the training set, "
                    f"and counts as none of {', '.join(column.categories[:5])}{', …' * (len(column.categories) > 5)}",
                    stacklevel=2,
                )
            parts.append((codes == np.arange(len(column.categories))[:, None]).astype(np.float64))
        return np.concatenate(parts)

    def read(self, table: Table, decimal: str | None) -> list[Array]:
        """Return the columns as numbers, NaN for what is missing, or as texts, '' for what is; ValueError otherwise."""
        at = places(table, [column.name for column in self.columns])
        numeric = [i for i, column in zip(at, self.columns, strict=True) if column.categories is None]
        numbers, mark = floats_of(table, numeric, decimal, ()) if numeric else (np.empty((0, len(table))), ".")
        texts = dict(zip(at, table.columns(at), strict=True))
        of_numbers = iter(numbers)
        found = []
        for i, column in zip(at, self.columns, strict=True):
            if column.categories is None:
                row = next(of_numbers)
                for j in map(int, np.flatnonzero(~np.isfinite(row))):
                    if column.fill is None or texts[i][j].lower() not in MISSING:
                        wrong(table, j, i, texts[i][j], mark)
                    row[j] = np.nan
            else:
                row = np.array(["" if cell.lower() in EMPTY else cell for cell in texts[i]], object)
                if column.fill is None and "" in row:
                    wrong(table, int(np.flatnonzero(row == "")[0]), i, "", mark)
            found.append(row)
        return found

    # --- in a model file ----------------------------------------------------------------------

    def state(self) -> list[dict[str, Any]]:
        """Return all there is to know as what JSON keeps to the bit."""
        return [{"name": one.name, "categories": one.categories, "fill": one.fill} for one in self.columns]

    @classmethod
    def from_state(cls, state: Any) -> Encoding:
        """Return the encoding that `state` was taken from; ValueError for what cannot be one."""
        columns = []
        for one in state if isinstance(state, list) else [None]:
            if not isinstance(one, dict) or set(one) != {"name", "categories", "fill"}:
                raise ValueError(f"an encoding is a list of columns with name, categories and fill; got {one!r:.80}")
            name, categories, fill = one["name"], one["categories"], one["fill"]
            of_text = isinstance(categories, list) and categories and all(isinstance(x, str) and x for x in categories)
            of_text = of_text and len(set(categories)) == len(categories)
            fine = fill is None or (fill in categories if of_text else isinstance(fill, float) and isfinite(fill))
            if not isinstance(name, str) or not name or not (of_text or categories is None) or not fine:
                raise ValueError(f"the encoding of a column is none that can be: {one!r:.80}")
            columns.append(EncodedColumn(name, categories, fill))
        if not columns or first_repeated([column.name for column in columns]):
            raise ValueError("an encoding has columns, each with a name of its own")
        return cls(columns)
