"""What is read of experts: the rules in force, whether they may be handed cases, and how they do."""
