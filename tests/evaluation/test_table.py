import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.evaluation.table import Row, TableError, read_rows, read_table
from app.exchange.rows import BadRow

TABLE = "arch,accuracy,latency\na,90.5,3\nb, ,4\nc,91,\n"
BOTH = {"acc": "accuracy", "ms": "latency"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of three architectures, two of them with a blank field."""
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def rewritten(table: Path, content: str, encoding: str = "utf-8") -> Path:
    table.write_text(content, encoding=encoding)
    return table


def message(table: Path, architecture: str = "arch", metric: str = "accuracy") -> str:
    """What reading the table says is wrong with it."""
    with pytest.raises(TableError) as raised:
        list(read_table(table, architecture, {metric: metric}))
    return str(raised.value)


def test_a_row_has_its_number_its_architecture_and_its_metrics_by_their_names(table: Path) -> None:
    assert next(read_table(table, "arch", BOTH)) == Row(1, "a", {"acc": 90.5, "ms": 3.0}, {}, {})


def test_a_blank_field_is_left_out(table: Path) -> None:
    assert [row.metrics for row in read_table(table, "arch", BOTH)][1:] == [{"ms": 4.0}, {"acc": 91.0}]


def test_a_row_that_ends_early_has_blank_fields(table: Path) -> None:
    rewritten(table, "arch,accuracy,latency\na,90\n")

    assert list(read_table(table, "arch", BOTH)) == [Row(1, "a", {"acc": 90.0}, {}, {})]


def test_a_table_may_be_compressed(table: Path) -> None:
    compressed = table.with_name("table.csv.gz")
    compressed.write_bytes(gzip.compress(TABLE.encode()))

    assert list(read_table(compressed, "arch", BOTH)) == list(read_table(table, "arch", BOTH))


def test_the_mark_that_spreadsheets_put_first_is_no_part_of_a_column(table: Path) -> None:
    rewritten(table, TABLE, "utf-8-sig")

    assert next(read_table(table, "arch", BOTH)).architecture == "a"


@pytest.mark.parametrize("asked", [{"architecture": "cell"}, {"metric": "loss"}])
def test_a_missing_column_is_told_with_those_that_there_are(table: Path, asked: dict[str, str]) -> None:
    (column,) = asked.values()

    assert message(table, **asked) == f"{table} has no column {column!r}: its columns are arch, accuracy, latency"


@pytest.mark.parametrize("text", ["91,5", "n/a", "nan", "inf", "-Infinity"])
def test_what_is_no_finite_number_is_told_with_row_and_column(table: Path, text: str) -> None:
    rewritten(table, f'arch,accuracy\na,90\nb,"{text}"\n')

    assert message(table) == f"row 2 of {table}: {text!r} in column 'accuracy' is no finite number"


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    found = message(tmp_path / "absent.csv")

    assert found.startswith(f"{tmp_path / 'absent.csv'} cannot be read as a CSV table")
    assert "No such file" in found


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    assert message(tmp_path).startswith(f"{tmp_path} cannot be read as a CSV table")


def test_an_empty_file_has_no_columns(table: Path) -> None:
    assert message(rewritten(table, "")) == f"{table} has no column 'arch': it has no header line"


def test_bytes_that_are_no_text_are_no_table(table: Path) -> None:
    table.write_bytes(b"arch,accuracy\n\xff\xfe\x00,1\n")

    assert message(table).startswith(f"{table} cannot be read as a CSV table")


def test_a_field_of_a_megabyte_is_no_table(table: Path) -> None:
    rewritten(table, f"arch,accuracy\n{'a' * 1_000_000},1\n")

    assert message(table).startswith(f"{table} cannot be read as a CSV table")


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def cut_short(content: bytes) -> bytes:
    return content[: len(content) // 2]


def not_compressed(content: bytes) -> bytes:
    return gzip.decompress(content)


@pytest.mark.parametrize("damage", [flipped, cut_short, not_compressed])
def test_a_damaged_compressed_table_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    lines = "".join(f"cell{i},{i * 7919 % 1000}\n" for i in range(1000))
    path = tmp_path / "table.csv.gz"
    path.write_bytes(damage(gzip.compress(f"arch,accuracy\n{lines}".encode())))

    assert message(path).startswith(f"{path} cannot be read as a CSV table")


def test_proxies_are_read_beside_metrics(table: Path) -> None:
    row = next(read_table(table, "arch", {"acc": "accuracy"}, {"speed": "latency"}))

    assert row == Row(1, "a", {"acc": 90.5}, {"speed": 3.0}, {})


def parquet(path: Path, **columns: list[object]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_a_parquet_file_is_a_table(tmp_path: Path) -> None:
    table = parquet(
        tmp_path / "table.parquet",
        arch=["a", '{"op": "conv"}', "c"],
        accuracy=[90, None, float("nan")],
        other=[1, 2, 3],
    )

    rows = list(read_rows(table, "arch", {"acc": "accuracy"}))

    assert rows[:2] == [Row(1, "a", {"acc": 90.0}, {}, {}), Row(2, {"op": "conv"}, {}, {}, {})]
    assert isinstance(rows[2], BadRow)
    assert rows[2].reason == "'nan' in column 'accuracy' is no finite number"


def test_a_parquet_file_without_a_column_and_one_that_is_none_are_named(tmp_path: Path) -> None:
    table = parquet(tmp_path / "table.parquet", cell=["a"], accuracy=[90.0])
    none = tmp_path / "none.parquet"
    none.write_bytes(b"PAR1 and no more")

    assert message(table) == f"{table} has no column 'arch': its columns are cell, accuracy"
    assert message(none).startswith(f"{none} cannot be read as a Parquet table: ")
