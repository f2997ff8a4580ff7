"""Exports of annotation tools, recognised by their shape and read as flat rows; what is not carried over is counted."""
