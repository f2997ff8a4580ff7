"""The classes of a dataset: what each has, what a change of them would move, and which there were."""
