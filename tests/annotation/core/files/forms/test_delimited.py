import pytest

from annotation.core.files.tables import UnableToRead, open_source, read_table


@pytest.fixture
def read(tmp_path):
    def _read(content, name="items.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        source = open_source(path)
        list(source.chunks())
        return read_table(path), source.notes

    return _read


LEFTOVERS = [
    (",id,text\n0,a,x\n1,b,y\n", "counts the rows, was left out"),
    ('"","id","text"\n"1","a","x"\n"2","b","y"\n', "counts the rows, was left out"),
    ('"id","text"\n"1","a","x"\n"2","b","y"\n', "counts the rows, was left out"),
    ("id,text,\na,x,\nb,y,\n", "separator that no column needs"),
    ("id,text,,\na,x,,\nb,y,,\n", "separator that no column needs"),
    ("id,text\na,x,\nb,y,\n", "separator that no column needs"),
    ("id,text\na,x\n,\n  ,  \nb,y\n   \n", "3 rows without any text were passed over"),
    ("id,text\na,x\nid,text\nb,y\n", "The header stands once more among the rows"),
    ("\ufeffid,text\na,x\n\ufeffid,text\nb,y\n", "The header stands once more among the rows"),
    ('\ufeff"id","text"\n"a","x"\n\ufeff"id","text"\n"b","y"\n', "The header stands once more"),
    ("sep=;\nid;text\na;x\nb;y\n", ""),
    ('"sep=|"\r\nid|text\r\na|x\r\nb|y\r\n', ""),
    ("id|text\na|x\nb|y\n", ""),
    ("\ufeff\ufeffid,text\na,x\nb,y\n", ""),
    ("\ufeff\ufeffid,text\na,x\nb,y\n".encode("utf-16-le"), ""),
]


@pytest.mark.parametrize(("content", "note"), LEFTOVERS)
def test_what_programs_leave_around_a_table(read, content, note):
    table, notes = read(content)
    assert table.cells == {"id": ["a", "b"], "text": ["x", "y"]}
    assert any(note in said for said in notes) if note else not notes


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('id,text\n1,"He said \\"hi\\" to me"\n', 'He said "hi" to me'),
        ('id,text\n1,"a \\"b\\", in C:\\new"\n', 'a "b", in C:\\new'),
        ('id,text\n1,"a \\"b\\", in C:\\\\new\\\\"\n', 'a "b", in C:\\new\\'),
        ('id,text\n1,"C:\\new\\"\n', "C:\\new\\"),  # a path that ends in a backslash, no mark of a quote
    ],
)
def test_backslashes_before_quotes_where_the_file_plainly_uses_them(read, content, text):
    assert read(content)[0].cells["text"] == [text]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (",id,text\nx,a,b\n", "Row 1: column 1 has no name"),
        ("id,,text\na,,b\n", "Row 1: column 2 has no name"),
        ("id,text,\na,x,more\nb,y,\n", "Row 2: the row has 3 cells, the header has 2"),
        ("id,text\na,x\nWell, no,\n", "Row 3: the row has 3 cells, the header has 2"),
        ("sep=;\n", "Row 2: column 1 has no name"),
    ],
)
def test_cells_without_a_column_are_no_leftover(read, content, sentence):
    with pytest.raises(UnableToRead, match=f"^{sentence}"):
        read(content)


def test_rows_are_numbered_through_all_that_is_passed_over(read):
    table, _ = read("sep=,\n,id,text\n0,a,x\n,,\n1,b,y\n\n2,c,z\n")
    assert table.row_numbers == [3, 5, 7]
