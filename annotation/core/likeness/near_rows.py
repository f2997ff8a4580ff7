"""Groups of near-identical rows of numbers and categories."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotation.core.likeness.medoids import Alike, Groups, copies, grouped

# Largest relative difference of two numbers that count as one.
NUMBER_TOLERANCE = 1e-3
# Rows that chance alone would give this many copies each say nothing by being equal.
CHANCE_COPIES = 0.1
_COMPARED_PAIRS = 100_000
_GRIDS = 8


def find_row_groups(table: pd.DataFrame, *, tolerance: float = NUMBER_TOLERANCE, seed: int = 0) -> Groups:
    """Groups of near-identical rows: categories equal, and every number v within `tolerance` * sqrt(v² + s²) of the
    medoid's, s being the median size of its column: a relative tolerance that does not vanish at zero. Missing equals
    missing. A row whose values are so common that chance alone would repeat it, d · ∏ share of rows with the value >
    CHANCE_COPIES over its columns and d distinct rows, says nothing by being equal and has no group."""
    codes, rows = _distinct_rows(table, tolerance)
    alike = rows.alike(tolerance)
    return grouped(rows.buckets(tolerance, seed), alike, alike, codes, rows.hashes())


def row_copies_of(
    table: pd.DataFrame, reference: np.ndarray, *, tolerance: float = NUMBER_TOLERANCE, seed: int = 0
) -> np.ndarray:
    """True (n,) where a row outside the `reference` (n,) bool is identical or near-identical, as `find_row_groups` has
    it, to some row within it."""
    codes, rows = _distinct_rows(table, tolerance)
    return copies(rows.buckets(tolerance, seed), rows.alike(tolerance), codes, reference)


@dataclass(frozen=True)
class _TypedRows:
    """The distinct rows of a table: `numbers` (n, numeric columns), scaled so that equal steps are equally large
    relative differences, `category` (n,) the combination of all other columns, `table` the rows themselves, `common`
    (n,) bool those that chance would repeat."""

    numbers: np.ndarray
    category: np.ndarray
    table: pd.DataFrame
    common: np.ndarray

    def hashes(self) -> np.ndarray:
        return pd.util.hash_pandas_object(self.table, index=False).to_numpy()

    def buckets(self, tolerance: float, seed: int) -> np.ndarray:
        """The cell of each row in several grids (_GRIDS, n): two rows within tolerance share most of them."""
        n, columns = self.numbers.shape
        width = tolerance * max(8, 2 * columns)
        shifts = np.random.default_rng(seed).random((_GRIDS, columns))
        buckets = np.empty((_GRIDS, n), dtype=np.uint32)
        for grid in range(_GRIDS):
            hashed = self.category.astype(np.uint64)
            for column in range(columns):
                cell = np.floor(self.numbers[:, column] / width + shifts[grid, column])
                cell[np.isnan(cell)] = np.nan
                hashed = (hashed ^ cell.view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
                hashed ^= hashed >> np.uint64(32)
            buckets[grid] = hashed.astype(np.uint32)
        return buckets

    def alike(self, tolerance: float) -> Alike:
        def alike(left: np.ndarray, right: np.ndarray) -> np.ndarray:
            verdict = (self.category[left] == self.category[right]) & ~self.common[left] & ~self.common[right]
            for start in range(0, len(left), _COMPARED_PAIRS):
                block = slice(start, start + _COMPARED_PAIRS)
                a, b = self.numbers[left[block]], self.numbers[right[block]]
                with np.errstate(invalid="ignore"):
                    near = (np.abs(a - b) <= tolerance) | (a == b) | (np.isnan(a) & np.isnan(b))
                verdict[block] &= near.all(axis=1)
            return verdict

        return alike


def _distinct_rows(table: pd.DataFrame, tolerance: float) -> tuple[np.ndarray, _TypedRows]:
    """The number of each row among the distinct rows, and those in order of appearance. A common row is distinct from
    all others, equal ones too."""
    category = exact = np.zeros(len(table), dtype=np.int64)
    numeric, scaled = np.zeros(table.shape[1], dtype=bool), []
    codes = []
    for position, dtype in enumerate(table.dtypes):
        column = table.iloc[:, position]
        codes.append(pd.factorize(column)[0])
        exact = _combined(exact, codes[-1])
        numeric[position] = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
        if numeric[position]:
            scaled.append(_scaled(column.to_numpy(dtype=np.float64, na_value=np.nan)))
        else:
            category = _combined(category, codes[-1])
    first = np.unique(exact, return_index=True)[1]
    numbers = np.column_stack(scaled) if scaled else np.empty((len(table), 0))
    shares = [_share_near(column[first], tolerance) for column in numbers.T]
    shares += [_share_equal(code[first]) for code, number in zip(codes, numeric, strict=True) if not number]
    # one copy is expected of chance in a table of one column, so that its rows never say anything
    common = len(first) * np.prod(shares, axis=0) * np.ones(len(first)) > CHANCE_COPIES
    common = common[exact]
    exact = pd.factorize(np.where(common, len(first) + np.arange(len(exact)), exact))[0].astype(np.int64)
    first = np.unique(exact, return_index=True)[1]
    return exact, _TypedRows(numbers[first], category[first], table.iloc[first], common[first])


def _share_equal(codes: np.ndarray) -> np.ndarray:
    """The share of rows with the same value (n,), missing being a value."""
    return np.bincount(codes + 1)[codes + 1] / max(1, len(codes))


def _share_near(values: np.ndarray, tolerance: float) -> np.ndarray:
    """The share of rows with a number within tolerance (n,), missing being near to missing."""
    missing = np.isnan(values)
    present = np.sort(values[~missing])
    near = np.searchsorted(present, values + tolerance, "right") - np.searchsorted(present, values - tolerance, "left")
    return np.where(missing, missing.sum(), near) / max(1, len(values))


def _combined(codes: np.ndarray, column: np.ndarray) -> np.ndarray:
    """One code, in order of appearance, for each pair of codes; a missing value (-1) is a value of its own."""
    return pd.factorize(codes * (column.max(initial=-1) + 2) + column + 1)[0].astype(np.int64)


def _scaled(values: np.ndarray) -> np.ndarray:
    """asinh(v / s), s the column's median size: close to linear below s, logarithmic above it."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    return np.arcsinh(values / (np.median(sizes) if sizes.size else 1.0))
