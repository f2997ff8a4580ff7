"""What pages, commands and jobs read of runs and comparisons; nothing is written."""
