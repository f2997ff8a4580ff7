"""What a lead does with the items a filter shows."""
