"""One recipe on one table of labelled rows: features, folds, copies, the fit and what it can tell of itself."""
