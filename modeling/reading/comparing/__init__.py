"""What stands behind a comparison: flips, the changed labels behind them, who labelled what, what was done between."""
