"""What decisions bring as they go on, and how the model in use fares as production comes in."""
