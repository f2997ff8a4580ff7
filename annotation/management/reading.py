"""What the commands that import share: how a file is to be read."""

from argparse import ArgumentParser

from annotation.core.files.conventions import DECIMALS, ORDERS


def add_reading(parser: ArgumentParser) -> None:
    parser.add_argument("--encoding", help="if it is not detected correctly")
    parser.add_argument("--sheet", metavar="NAME", help="of a workbook; without it, the first that is not empty")
    parser.add_argument("--decimal", choices=DECIMALS, default="", help="the mark in numbers, if columns don't tell")
    parser.add_argument("--dates", choices=ORDERS, default="", help="the order of dates, if columns don't tell")
