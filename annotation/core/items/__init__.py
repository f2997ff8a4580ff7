"""What is asked of the table of items: read from the address of its page, and written into one."""
