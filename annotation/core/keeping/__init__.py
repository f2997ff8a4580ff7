"""The format of backups: rows as lines that both databases write and read."""
