"""What stands behind a comparison: its flips, the changed labels behind them, who labelled what, what was done between."""
