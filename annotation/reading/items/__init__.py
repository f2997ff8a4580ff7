"""The table of items: which there are under a filter, a part at a time, and all that is known of one."""
