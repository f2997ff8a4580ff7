"""What the processes of the site write about themselves."""
