"""What leads read of cases of every status: lists under filters, who passed them on, what became of decided ones."""
