"""What a lead does with a dataset as a whole, and with what came into it."""
