"""The expert's pages: one case at a time, how one works them, and my history.

What an item carries, who labelled it and why it was flagged are not on the page of an open case: they are read only for
decisions that were made.
"""
