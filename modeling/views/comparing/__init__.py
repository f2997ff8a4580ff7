"""What a comparison leads to: its flips, the report that is handed on, and the model named as live."""
