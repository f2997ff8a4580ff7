from annotation.core.files.spreadsheet_ids import NO_ITEM, found_ids


def test_an_id_is_itself_where_it_is_known():
    found = found_ids(["7", "00007"], {"7", "00007"})
    assert found.ids == {"7": "7", "00007": "00007"} and found.changed == () and found.faults == ()


def test_lost_zeros_and_a_point_too_many_are_read_where_one_item_is_meant():
    found = found_ids(["7", "12.0", "0"], {"00007", "0012", "000"})
    assert found.ids == {"7": "00007", "12.0": "0012", "0": "000"} and found.changed == ("7", "12.0", "0")


def test_what_may_be_several_or_none_is_a_fault_and_all_are_named():
    found = found_ids(["7", "1.23457E+19", "8", "a"], {"007", "0007", "12345678901234567890"})
    why = dict(found.faults)
    assert found.ids == {} and why["8"] == why["a"] == NO_ITEM
    assert why["7"] == "may be '0007', '007'"
    assert "leaves of a long number; format the column as text" in why["1.23457E+19"]


def test_an_id_is_not_taken_for_a_number_by_its_letters():
    assert found_ids(["7"], {"a7", "7a", "7.5"}).faults == (("7", NO_ITEM),)
