"""Before and after on the same rows: scores, costs, thresholds, intervals, verdicts."""
