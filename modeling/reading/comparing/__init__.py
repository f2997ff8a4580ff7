"""What stands behind a comparison: its flips, the changed labels behind them, what was decided between its sides."""
