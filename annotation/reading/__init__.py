"""What pages, commands and jobs read: one file per thing looked at, nothing is written."""
