"""What is asked at every hand-out and every answer, in few statements whatever is open."""
