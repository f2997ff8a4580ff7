"""A language model's second opinions: switched on by a lead, asked for by a job, within a budget."""
